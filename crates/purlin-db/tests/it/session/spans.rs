//! What is told through `tracing`, and what is not.

use super::{connect, database, run, sim};
use purlin_db::fake::Reply;
use purlin_db::{DbDetail, ErrorClass, Vendor};
use purlin_testkit::capture;

#[test]
fn calls_are_told_by_the_names_of_opentelemetry_and_without_text_or_parameters() {
    let ((), text) = capture(|| {
        let (sim, cx) = sim();
        let db = database();
        let detail = DbDetail::new(ErrorClass::Unique, Vendor::Other).code(1062).sqlstate("23000");
        db.on("insert ?", Reply::refused_with(detail, "duplicate"));
        let mut session = connect(&sim, &cx, &db);
        run(&sim, session.query(&cx, "select many").all()).unwrap();
        run(&sim, session.execute(&cx, "insert 3")).unwrap();
        run(&sim, session.execute(&cx, "insert ?").bind("hunter2")).unwrap_err();
        let transaction = run(&sim, session.begin(&cx)).unwrap();
        run(&sim, transaction.commit(&cx)).unwrap();
        run(&sim, session.ping(&cx)).unwrap();
    });
    for name in ["connect", "query", "execute", "begin", "commit", "ping"] {
        assert!(text.contains(&format!("span purlin.db.{name}")), "{name} in {text}");
    }
    for field in [
        "db.system.name=fake",
        "server.address=:memory:",
        "db.response.returned_rows=6",
        "db.response.affected_rows=3",
        "error.type=unique",
        "db.response.status_code=23000",
    ] {
        assert!(text.contains(field), "{field} in {text}");
    }
    assert!(!text.contains("hunter2") && !text.contains("insert"), "{text}");
}
