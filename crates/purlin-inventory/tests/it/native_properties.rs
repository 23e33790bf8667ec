//! No text makes the reader of the native format panic.

use proptest::prelude::*;
use purlin_inventory::{InventoryBuilder, native};

proptest! {
    #[test]
    fn no_input_panics(
        text in "(purlin = 1\n)?((hosts|site|role|groups|merge|defaults|precedence)(\\.[a-c]){0,2}(\\.vars|\\.roles|\\.hosts|\\.children|\\.select|\\.services)?(\\.x)? = (1|\"a\"|\\[\"a\", \"host\"\\]|\\{ env = 1 \\}|\\{\\}|\\[\\{\\}\\])\n){0,6}|.{0,60}"
    ) {
        let mut builder = InventoryBuilder::new();
        builder.merge(native::read_toml("x", &text));
        if let Ok(estate) = builder.build() {
            for host in estate.hosts() {
                prop_assert!(host.vars().all(|(key, _)| estate.explain(host.name(), key).is_ok()));
            }
        }
    }
}
