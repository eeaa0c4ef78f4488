//! `vmq-micro`: what small pieces of the broker cost.
//!
//! `vmq-micro count KERNEL TIMES` does a piece of work so often, for callgrind (`cargo xtask counts`); `vmq-micro list` names the
//! pieces; `vmq-micro trie [SUBSCRIPTIONS...]` prints what matching costs and what a subscription takes, by their number.

#![allow(clippy::print_stdout, reason = "a measurement prints its figures")]

mod kernels;
mod trie;

use std::process::ExitCode;

// As the broker itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list"] => kernels::KERNELS.iter().for_each(|(name, _)| println!("{name}")),
        ["count", name, times] => {
            let kernel = kernels::KERNELS.iter().find(|(known, _)| known == name);
            let (Some((_, prepare)), Ok(times)) = (kernel, times.parse::<u64>()) else {
                return usage();
            };
            let mut kernel = prepare();
            for _ in 0..times {
                kernel();
            }
        }
        ["row", size] => match size.parse() {
            Ok(size) => trie::row(size),
            Err(_) => return usage(),
        },
        ["trie", sizes @ ..] => {
            let sizes: Result<Vec<usize>, _> = sizes.iter().map(|size| size.parse()).collect();
            let printed = match sizes {
                Ok(sizes) if sizes.is_empty() => trie::table(&trie::SIZES),
                Ok(sizes) => trie::table(&sizes),
                Err(_) => return usage(),
            };
            if let Err(error) = printed {
                println!("{error}");
                return ExitCode::FAILURE;
            }
        }
        _ => return usage(),
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    println!("usage: vmq-micro list | count KERNEL TIMES | trie [SUBSCRIPTIONS...]");
    ExitCode::from(2)
}
