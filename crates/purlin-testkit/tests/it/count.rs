//! How often a test repeats.

use crate::again::{again, part};
use purlin_testkit::count;

#[test]
fn a_long_run_has_the_long_counts() {
    if part().is_some() {
        return println!("counts {}", count("few", "many"));
    }
    for (value, counts) in [("1", "counts many"), ("0", "counts few"), ("", "counts few")] {
        let output = again("count").env("PURLIN_LONG", value).run().unwrap();
        assert_eq!(output.code(), Some(0), "{}", output.stderr);
        assert!(output.stdout.contains(counts), "PURLIN_LONG={value}: {}", output.stdout);
    }
}
