//! Spans and their fields.

use crate::support::{cx, https, serve, trust};
use purlin_testkit::TestCa;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Notes each span with its fields.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Vec<String>>>>);

impl Visit for Notes {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut notes = self.0.lock().unwrap();
        notes.last_mut().unwrap().push(format!("{}={value:?}", field.name()));
    }
}

impl Subscriber for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("purlin")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.0.lock().unwrap().push(vec![span.metadata().name().to_owned()]);
        span.record(&mut self.clone());
        Id::from_u64(u64::try_from(self.0.lock().unwrap().len()).unwrap())
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let added = Self::default();
        added.0.lock().unwrap().push(Vec::new());
        values.record(&mut added.clone());
        let index = usize::try_from(id.into_u64()).unwrap() - 1;
        self.0.lock().unwrap()[index].extend(added.0.lock().unwrap().remove(0));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn an_inspection_and_its_parts_are_spans_with_the_server_s_address() {
    let ca = TestCa::new().unwrap();
    let Some(nginx) = serve(&ca.leaf().address([127, 0, 0, 1]).issue().unwrap()) else { return };
    let notes = Notes::default();
    let guard = tracing::subscriber::set_default(notes.clone());
    purlin_tls::inspect(&cx(), &https(&nginx), &trust(&ca)).await.unwrap();
    drop(guard);
    let port = format!("server.port={}", nginx.https().unwrap().port());
    let server = ["server.address=\"127.0.0.1\"", port.as_str()];
    let expected = [
        ["purlin.tls.inspect"].iter().chain(&server).copied().collect::<Vec<_>>(),
        ["purlin.net.dial"]
            .iter()
            .chain(&server)
            .chain(&["network.peer.address=127.0.0.1"])
            .copied()
            .collect(),
        ["purlin.tls.handshake"].iter().chain(&server).copied().collect(),
    ];
    assert_eq!(*notes.0.lock().unwrap(), expected);
}
