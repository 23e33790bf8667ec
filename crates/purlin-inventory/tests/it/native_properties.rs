//! The native format for any text and any layers: nothing makes its readers panic, and a value is what its rule makes of
//! those who spoke.

use crate::support::json_of;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use purlin_inventory::{Inventory, InventoryBuilder, native};
use serde_json::{Map, Value, json};

const TOML: &str = "(purlin = 1\n)?((hosts|site|role|groups|merge|defaults|precedence)(\\.[a-c]){0,2}(\\.vars|\\.roles|\\.hosts|\\.children|\\.select|\\.services)?(\\.x)? = (1|\"a\"|\\[\"a\", \"host\"\\]|\\{ env = 1 \\}|\\{\\}|\\[\\{\\}\\])\n){0,6}|.{0,60}";

const YAML: &str = "(purlin: 1\n)?((hosts|site|role|groups|merge|defaults|precedence):( (1|\\[site, host\\]|&a|\\*a|!!int))?\n((  [a-c]:)?( (\\{\\}|\\{x: 1\\}|append|!vault x|\\*a))?\n(    (vars|roles|hosts|children|select|services): (1|'a'|\\[a, host\\]|\\{x: \\{env: 1\\}\\}|&a \\{x: 1\\}|\\*a|\\[\\{\\}\\])\n){0,2}){0,2}){0,4}|.{0,60}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_input_panics(one in TOML, other in YAML) {
        let (one, other) = (native::read_toml("a.toml", &one), native::read_yaml("b.yml", &other));
        for files in [vec![one.clone()], vec![other.clone()], vec![one, other]] {
            let mut builder = InventoryBuilder::new();
            files.into_iter().for_each(|batch| builder.merge(batch));
            let Ok(estate) = builder.build() else { continue };
            for host in estate.hosts() {
                for (key, value) in host.vars() {
                    let explained = estate.explain(host.name(), key).unwrap();
                    prop_assert_eq!(explained.place, estate.place(value.origin));
                    prop_assert!(explained.contributions.iter().any(|said| said.won), "{}", key);
                }
            }
        }
    }
}

/// Whose vars a file says, the weakest first: the way to them in a document.
const LAYERS: [&[&str]; 6] = [
    &["defaults"],
    &["groups", "g"],
    &["site", "lon"],
    &["role", "web"],
    &["environment", "prod"],
    &["hosts", "h1"],
];

/// What two files say of one variable of one host.
#[derive(Debug, Clone)]
struct Said {
    rule: &'static str,
    /// Which of the files declares the rule.
    declares: usize,
    /// Which files are in YAML; the others are in TOML.
    yaml: [bool; 2],
    /// By layer and file.
    values: Vec<[Option<Value>; 2]>,
}

fn list() -> impl Strategy<Value = Value> {
    vec(0..4, 0..4).prop_map(|items| json!(items))
}

fn any_value() -> impl Strategy<Value = Value> {
    let scalar = || prop_oneof![(0..3).prop_map(|number| json!(number)), Just(json!("a b"))];
    let inner = btree_map("[ab]", scalar(), 0..3).prop_map(|map| json!(map));
    let map = btree_map("[ab]", prop_oneof![scalar(), inner, list()], 0..3).prop_map(|map| json!(map));
    prop_oneof![1 => scalar(), 1 => list(), 3 => map]
}

fn said() -> impl Strategy<Value = Said> {
    let rule = prop::sample::select(vec!["replace", "deep", "append", "unique", "remove"]);
    rule.prop_flat_map(|rule| {
        let value = if ["replace", "deep"].contains(&rule) { any_value().boxed() } else { list().boxed() };
        let values = vec([option::of(value.clone()), option::of(value)], LAYERS.len());
        (Just(rule), 0..2_usize, any::<[bool; 2]>(), values).prop_map(|(rule, declares, yaml, values)| Said {
            rule,
            declares,
            yaml,
            values,
        })
    })
}

impl Said {
    fn estate(&self) -> Inventory {
        let mut builder = InventoryBuilder::new();
        for (file, is_yaml) in self.yaml.into_iter().enumerate() {
            let document = self.document(file);
            builder.merge(if is_yaml {
                native::read_yaml("estate.yml", &document.to_string())
            } else {
                let lines = document.as_object().unwrap().iter();
                let text: String = lines.map(|(key, value)| format!("{key} = {}\n", toml(value))).collect();
                native::read_toml("estate.toml", &text)
            });
        }
        builder.build().unwrap()
    }

    fn document(&self, file: usize) -> Value {
        let mut document = json!({ "purlin": 1 });
        if file == 0 {
            document["hosts"]["h1"] = json!({ "site": "lon", "environment": "prod", "roles": ["web"] });
            document["groups"]["g"]["hosts"] = json!(["h1"]);
        }
        if file == self.declares {
            document["merge"]["x"] = json!(self.rule);
        }
        for (path, values) in LAYERS.iter().zip(&self.values) {
            if let Some(value) = &values[file] {
                let layer = path.iter().fold(&mut document, |layer, key| &mut layer[*key]);
                layer["vars"]["x"] = value.clone();
            }
        }
        document
    }
}

/// A value in TOML, in one line.
fn toml(value: &Value) -> String {
    let of_map = |map: &Map<String, Value>| {
        let entries: Vec<_> = map.iter().map(|(key, value)| format!("{key} = {}", toml(value))).collect();
        format!("{{ {} }}", entries.join(", "))
    };
    match value {
        Value::Object(map) => of_map(map),
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// What a rule makes of what several voices say, each once or several times: by each voice first, where what is taken out
/// is put together. The weakest first.
fn spoken<'a, V: IntoIterator<Item = &'a Value>>(
    rule: &str,
    voices: impl IntoIterator<Item = V>,
) -> Option<Value> {
    let beside = if rule == "remove" { "unique" } else { rule };
    let voices: Vec<Value> = voices
        .into_iter()
        .filter_map(|said| {
            let said: Vec<_> = said.into_iter().collect();
            if said.len() > 1 { merged(beside, said) } else { said.first().copied().cloned() }
        })
        .collect();
    merged(rule, &voices)
}

/// What a rule makes of values, the weakest first.
fn merged<'a>(rule: &str, values: impl IntoIterator<Item = &'a Value>) -> Option<Value> {
    let merged = values.into_iter().cloned().reduce(|weaker, stronger| match (rule, weaker, stronger) {
        ("deep", Value::Object(one), Value::Object(other)) => Value::Object(deep(one, other)),
        ("append" | "unique", Value::Array(one), Value::Array(other)) => Value::Array([one, other].concat()),
        ("remove", Value::Array(mut one), Value::Array(other)) => {
            one.retain(|item| !other.contains(item));
            Value::Array(one)
        }
        (_, _, stronger) => stronger,
    });
    match merged {
        Some(Value::Array(items)) if rule == "unique" => {
            let mut once = Vec::new();
            items.into_iter().for_each(|item| {
                if !once.contains(&item) {
                    once.push(item)
                }
            });
            Some(Value::Array(once))
        }
        other => other,
    }
}

fn deep(mut one: Map<String, Value>, other: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in other {
        let both = [one.remove(&key), Some(value)];
        one.insert(key, merged("deep", both.iter().flatten()).unwrap());
    }
    one
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_value_is_what_its_rule_makes_of_the_layers_and_of_those_who_won(said in said()) {
        let estate = said.estate();
        let found = estate.host("h1").unwrap().var("x").map(|value| json_of(&value.value));
        prop_assert_eq!(&found, &spoken(said.rule, said.values.iter().map(|files| files.iter().flatten())));
        let Some(found) = found else {
            prop_assert!(estate.explain("h1", "x").is_err());
            return Ok(());
        };
        let explained = serde_json::to_value(estate.explain("h1", "x").unwrap()).unwrap();
        prop_assert_eq!(&explained["value"], &found);
        let all = explained["contributions"].as_array().unwrap();
        prop_assert_eq!(all.len(), said.values.iter().flatten().flatten().count());
        let won: Vec<&Value> = all.iter().filter(|said| said["won"] == true).collect();
        let voices = won.chunk_by(|one, other| one["layer"] == other["layer"]);
        let voices = voices.map(|said| said.iter().map(|said| &said["value"]));
        prop_assert_eq!(spoken(said.rule, voices), Some(found), "{}", explained);
    }
}
