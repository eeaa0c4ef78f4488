//! One test body, every protocol version and every transport it holds for.
//!
//! A body is a plain `async fn name(v: Version)`; a line below it makes one test of it for each version and transport:
//!
//! - `versions!(name: V3, V4, V5);`: over TCP (`name::v3` and so on), and 3.1.1 and 5 also over TLS (`name::ssl_v4`)
//!   and WebSocket (`name::ws_v4`). The rule, as what a broker promises does not depend on what carries it.
//! - `versions!(all name: ...)`: also over WebSocket in TLS (`name::wss_v4`).
//! - `versions!(tcp name: ...)`: over TCP only, and `ssl`, `ws`, `wss` likewise: bodies about one transport.
//! - `versions!(slow name: ...)`: bodies that take seconds. One test runs the versions side by side over TCP, or over
//!   the transport named after `slow`.

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
        $crate::versions!(slow tcp $name: $($version),+);
    };
    (slow $transport:ident $name:ident: $($version:ident),+) => {
        mod $name {
            #[test]
            fn slow() {
                $crate::together(vec![$((
                    stringify!($version),
                    || Box::pin($crate::one_test!(@transport $transport, super::$name($crate::$version))),
                )),+]);
            }
        }
    };
    ($name:ident: $($version:ident),+) => {
        mod $name {
            $($crate::one_test!(tcp $name $version);)+
            $($crate::one_test!(ssl $name $version);)+
            $($crate::one_test!(ws $name $version);)+
        }
    };
    (all $name:ident: $($version:ident),+) => {
        mod $name {
            $($crate::one_test!(tcp $name $version);)+
            $($crate::one_test!(ssl $name $version);)+
            $($crate::one_test!(ws $name $version);)+
            $($crate::one_test!(wss $name $version);)+
        }
    };
    ($transport:ident $name:ident: $($version:ident),+) => {
        mod $name {
            $($crate::one_test!($transport $name $version);)+
        }
    };
}

/// One test of `versions!`. Version 3.1 differs from 3.1.1 in nothing that a transport could touch, and runs over TCP.
#[macro_export]
#[doc(hidden)]
macro_rules! one_test {
    (tcp $name:ident V3) => { $crate::one_test!(@test v3, tcp, $name, V3); };
    (tcp $name:ident V4) => { $crate::one_test!(@test v4, tcp, $name, V4); };
    (tcp $name:ident V5) => { $crate::one_test!(@test v5, tcp, $name, V5); };
    (ssl $name:ident V4) => { $crate::one_test!(@test ssl_v4, ssl, $name, V4); };
    (ssl $name:ident V5) => { $crate::one_test!(@test ssl_v5, ssl, $name, V5); };
    (ws $name:ident V4) => { $crate::one_test!(@test ws_v4, ws, $name, V4); };
    (ws $name:ident V5) => { $crate::one_test!(@test ws_v5, ws, $name, V5); };
    (wss $name:ident V4) => { $crate::one_test!(@test wss_v4, wss, $name, V4); };
    (wss $name:ident V5) => { $crate::one_test!(@test wss_v5, wss, $name, V5); };
    ($transport:ident $name:ident V3) => {};
    (@test $test:ident, $transport:ident, $name:ident, $version:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            $crate::one_test!(@transport $transport, super::$name($crate::$version)).await;
        }
    };
    (@transport tcp, $body:expr) => { $crate::over($crate::Transport::Tcp, $body) };
    (@transport ssl, $body:expr) => { $crate::over($crate::Transport::Ssl, $body) };
    (@transport ws, $body:expr) => { $crate::over($crate::Transport::Ws, $body) };
    (@transport wss, $body:expr) => { $crate::over($crate::Transport::Wss, $body) };
}
