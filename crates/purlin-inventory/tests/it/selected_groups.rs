//! Groups whose members a selector finds.

use purlin_core::Diagnostics;
use purlin_inventory::{InventoryBuilder, native};

fn wrong(text: &str) -> String {
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_toml("estate.toml", text));
    builder.build().unwrap_err().detail::<Diagnostics>().unwrap().to_string()
}

#[test]
fn groups_that_select_each_other_in_a_circle_are_refused() {
    let refused = |groups: &str, told: &str| {
        let faults = wrong(&format!("purlin = 1\n[hosts.h]\nsite = \"lon\"\n{groups}"));
        assert!(faults.contains("error[group-selector]") && faults.contains(told), "{faults}");
    };
    refused(
        "[groups.a]\nselect = \"b\"\n[groups.b]\nselect = \"@c\"\n[groups.c]\nselect = \"@a* - h\"\n",
        "in a circle: \"a\" asks for \"b\" asks for \"c\" asks for \"a\"",
    );
    refused("[groups.a]\nselect = \"@a\"\n", "in a circle: \"a\" asks for \"a\"");
    refused(
        "[groups.p]\nchildren = [\"a\"]\n[groups.a]\nselect = \"site=lon & p\"\n",
        "in a circle: \"a\" asks for \"a\"",
    );
}
