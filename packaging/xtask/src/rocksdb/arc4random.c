/* The C++ library asks glibc 2.36 for random numbers where it was compiled with one so new. With this in its place, what
 * it is linked into also starts with an older glibc (Enterprise Linux 9, Ubuntu 22.04). */
#include <stdlib.h>
#include <unistd.h>

unsigned int arc4random(void)
{
    unsigned int number;
    if (getentropy(&number, sizeof number) != 0)
        abort();
    return number;
}
