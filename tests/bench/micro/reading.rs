//! The kernels timed by criterion, for reading: `cargo bench --profile fast -p vmq-tests --features micro --bench micro`.

#![allow(missing_docs, reason = "the macros of criterion")]

mod kernels;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use vmq_broker::store::{EntryOp, Op, QueueId, Store, rocks::RocksStore};
use vmq_mqtt::QoS;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn kernels(criterion: &mut Criterion) {
    for (name, prepare) in kernels::KERNELS {
        let mut kernel = prepare();
        criterion.bench_function(name, |bencher| bencher.iter(&mut kernel));
    }
}

/// A hundred messages stored and deleted, until both are on disk: what `batch` makes of them.
fn store(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = RocksStore::open(&vmq_config::StoreConfig {
        dir: dir.path().to_owned(),
        sync: vmq_config::SyncPolicy::Batch,
        memory_bytes: 64 << 20,
    })
    .expect("a store");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let message = std::sync::Arc::new(vmq_broker::message::Message::new(
        "a/b",
        &[b'x'; 64],
        QoS::AtLeastOnce,
        false,
    ));
    let (queue, mut seq) = (QueueId(1), 0);
    criterion.bench_function("store-100-entries", |bencher| {
        bencher.iter(|| {
            let first = seq + 1;
            let puts = (0..100).map(|_| {
                seq += 1;
                let entry = EntryOp {
                    queue,
                    seq,
                    qos: QoS::AtLeastOnce,
                    retain: false,
                    subscription_id: 0,
                };
                Op::PutEntries {
                    message: message.clone(),
                    entries: vec![entry],
                }
            });
            let puts: Vec<_> = puts.collect();
            runtime.block_on(store.submit(puts).done());
            let deletions = (first..=seq).map(|seq| Op::DeleteEntry { queue, seq });
            runtime.block_on(store.submit(deletions.collect()).done());
        });
    });
    store.close();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = kernels, store
}
criterion_main!(benches);
