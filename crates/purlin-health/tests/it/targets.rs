//! What the shell of a target answers may be anything.

use proptest::prelude::*;
use purlin_health::checks::{Disk, FileAge, Load, Mount, Ntp, Plugin, ProcessTable, Processes, Systemd};
use purlin_health::{Check, CheckOutcome, TargetAnswer};

fn all() -> Vec<Box<dyn Check>> {
    vec![
        Box::new(Load::new()),
        Box::new(Disk::at("/srv").unwrap()),
        Box::new(Mount::at("/srv").unwrap()),
        Box::new(FileAge::newest("/srv/*.gz").unwrap()),
        Box::new(Processes::of(&ProcessTable::new()).name("java").argument("map").user("tomcat")),
        Box::new(Systemd::unit("map.service").unwrap()),
        Box::new(Plugin::new(["check_map"]).unwrap()),
        Box::new(Ntp::to("time.lon:123").unwrap()),
    ]
}

/// Pieces that the readers look for, in any order.
const PIECES: &str = "(\0|\n|==> 1/stat <==\n|==> 1/cmdline <==\n|1 \\(java\\) S 1 |[0-9]{1,20} |4096|LoadState=loaded\n|\
    22 1 0:20 / /srv rw - nfs4 nas:/x rw\n|device nas:/x mounted on /srv with fstype nfs4\n|per-op statistics\n|0\\.5 |é|.){0,40}";

proptest! {
    #[test]
    fn whatever_a_target_answers_is_taken(code in -1..260, out in PIECES, err in ".{0,60}") {
        for check in all() {
            let answer = TargetAnswer::new(code, out.clone(), err.clone());
            let outcome = check.on_target().unwrap().judge(&answer);
            prop_assert!(!matches!(outcome, CheckOutcome::Skipped(_)));
        }
    }
}

#[test]
fn questions_hold_data_as_arguments_only() {
    for check in all() {
        let question = check.on_target().unwrap().question();
        for data in ["/srv", "*.gz", "java", "map.service", "check_map", "time.lon"] {
            assert!(!question.text.contains(data), "{question:?}");
        }
    }
}
