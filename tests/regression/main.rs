//! One test for each bug that was mended, named after its issue: no bug comes back. The first one adds its file here.
