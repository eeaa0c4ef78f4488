//! One test body, every protocol version it holds for.
//!
//! A body is a plain `async fn name(v: Version)`; the line `versions!(name: V3, V4, V5);` below it makes one test for
//! each version, named `name::v3` and so on. `versions!(slow name: ...)` is for bodies that take seconds: one test
//! runs the versions side by side.

use std::future::Future;
use std::pin::Pin;
use std::thread;
pub use vmq_mqtt::Version::{V3, V4, V5};

/// A named run of `together`.
pub type Run = (&'static str, fn() -> Pin<Box<dyn Future<Output = ()>>>);

/// Runs all at once, each on its own runtime, and fails with the names of those that failed.
///
/// # Panics
/// When one of them did.
pub fn together(runs: Vec<Run>) {
    let threads: Vec<_> = runs
        .into_iter()
        .map(|(name, run)| (name, thread::spawn(move || block_on(run))))
        .collect();
    let failed: Vec<_> = threads
        .into_iter()
        .filter_map(|(name, run)| run.join().is_err().then_some(name))
        .collect();
    assert!(failed.is_empty(), "failed for {}", failed.join(", "));
}

fn block_on(run: fn() -> Pin<Box<dyn Future<Output = ()>>>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run());
}

/// See the module.
#[macro_export]
macro_rules! versions {
    (slow $name:ident: $($version:ident),+) => {
        mod $name {
            #[test]
            fn slow() {
                $crate::together(vec![
                    $((stringify!($version), || Box::pin(super::$name($crate::$version)))),+
                ]);
            }
        }
    };
    ($name:ident: $($version:ident),+) => {
        mod $name {
            $($crate::one_version!($name, $version);)+
        }
    };
}

/// One test of `versions!`.
#[macro_export]
#[doc(hidden)]
macro_rules! one_version {
    ($name:ident, V3) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn v3() {
            super::$name($crate::V3).await;
        }
    };
    ($name:ident, V4) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn v4() {
            super::$name($crate::V4).await;
        }
    };
    ($name:ident, V5) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn v5() {
            super::$name($crate::V5).await;
        }
    };
}
