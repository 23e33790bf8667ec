//! Lists and maps come to their ends.

use super::super::Named;
use super::compose::{Anchored, Composer, Frame, MOST, Pending, Stop};
use super::key::{Key, Twice, assemble};
use super::tag::Shape;
use super::{Dialect, fault};
use crate::{Located, Map, Value};
use granit_parser::Span;
use purlin_core::Diagnostic;
use std::sync::Arc;

impl Composer<'_> {
    pub(super) fn close(&mut self, span: &Span) -> Result<(), Stop> {
        let Some(mut frame) = self.stack.pop() else { return Err(Stop) };
        let outer_is_flow = self.stack.last().is_some_and(|outer| outer.is_flow);
        if frame.is_flow && !outer_is_flow {
            self.cover(frame.origin.line as usize, span);
        }
        let value = match frame.shape {
            _ if frame.is_void => Value::Null,
            Shape::List => Value::from(std::mem::take(&mut frame.items)),
            Shape::Pairs => self.pairs(std::mem::take(&mut frame.items)),
            Shape::Set => {
                let map = self.assemble(&mut frame);
                Value::from(map.iter().map(|(_, member)| member.clone()).collect::<Vec<_>>())
            }
            Shape::Map => Value::from(self.assemble(&mut frame)),
        };
        let value = Located::new(value, frame.origin);
        if frame.anchor > 0 {
            let (size, height) = (frame.size, frame.height);
            self.anchors.insert(frame.anchor, Anchored { value: value.clone(), size, height });
        }
        self.deliver(value, frame.size, frame.height)
    }

    fn assemble(&mut self, frame: &mut Frame) -> Map {
        let (map, twice) = assemble(&frame.merges, std::mem::take(&mut frame.entries));
        for keys in twice {
            let fault = twice_fault(&keys, self.named, self.dialect);
            match self.dialect {
                Dialect::Ansible if self.warnings.len() < MOST => self.warnings.push(fault),
                Dialect::Ansible => self.unsaid += 1,
                Dialect::Core => self.faults.push(fault),
            }
        }
        map
    }

    /// Notes lines that begin within a text or a flow collection, if tabs matter at all.
    pub(super) fn cover(&mut self, first: usize, span: &Span) {
        let last = if span.end.col() == 0 { span.end.line().saturating_sub(1) } else { span.end.line() };
        if last > first {
            self.inner.push(first + 1..=last);
        }
    }

    fn pairs(&mut self, items: Vec<Located>) -> Value {
        let mut pairs = Vec::with_capacity(items.len());
        for item in items {
            let entry = item.value.as_map().filter(|map| map.len() == 1).and_then(|map| map.iter().next());
            match entry {
                Some((key, value)) => {
                    let pair = vec![Located::new(key, item.origin), value.clone()];
                    pairs.push(Located::new(pair, item.origin));
                }
                None => self.fault("yaml-tag", "expected a map of one entry", item.origin, None),
            }
        }
        pairs.into()
    }

    /// Hands a value to what it stands in.
    pub(super) fn deliver(&mut self, value: Located, size: usize, height: usize) -> Result<(), Stop> {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(value);
            return Ok(());
        };
        frame.size = frame.size.saturating_add(size);
        frame.height = frame.height.max(height.saturating_add(1));
        match frame.shape {
            Shape::List | Shape::Pairs => frame.items.push(value),
            Shape::Map | Shape::Set => match frame.pending.take() {
                None => self.key(value),
                Some(Pending::Key(key)) => {
                    if !key.is_text {
                        self.odd_keys.insert(value.origin);
                    }
                    frame.entries.push((key, value));
                }
                Some(Pending::Merge) => self.merge(&value),
                Some(Pending::Void) => {}
            },
        }
        Ok(())
    }

    fn key(&mut self, value: Located) {
        let key = Key::new(&value.value, value.origin);
        if key.is_none() {
            let line = self.text.lines().nth((value.origin.line as usize).saturating_sub(1));
            let help = match line.is_some_and(fault::is_bare_template) {
                true => fault::QUOTE_TEMPLATE,
                false => "write a text before the colon",
            };
            let message = format!("a {} cannot be a key", value.value.kind());
            self.fault("yaml-key", message, value.origin, Some(help));
        }
        let Some(frame) = self.stack.last_mut() else { return };
        if frame.shape == Shape::Set {
            frame.entries.extend(key.map(|key| (key, value)));
            frame.pending = Some(Pending::Void);
            return;
        }
        frame.pending = Some(key.map_or(Pending::Void, Pending::Key));
    }

    fn merge(&mut self, value: &Located) {
        let maps: Option<Vec<Arc<Map>>> = match &value.value {
            Value::Map(map) => Some(vec![map.clone()]),
            // The first of them counts most, so that it comes last.
            Value::List(items) => items
                .iter()
                .rev()
                .map(|item| match &item.value {
                    Value::Map(map) => Some(map.clone()),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        match (maps, self.stack.last_mut()) {
            (Some(maps), Some(frame)) => frame.merges.extend(maps),
            _ => {
                let message =
                    format!("expected a map or a list of maps to merge, found a {}", value.value.kind());
                self.fault(
                    "yaml-merge",
                    message,
                    value.origin,
                    Some("a key that is named << must be quoted"),
                );
            }
        }
    }
}

fn twice_fault(Twice { first, again }: &Twice, named: Named<'_>, dialect: Dialect) -> Diagnostic {
    let message = match first.text == again.text {
        true => format!("the key {:?} is there twice", again.text),
        false => format!("the keys {:?} and {:?} are the same number", first.text, again.text),
    };
    let (fault, help) = match dialect {
        Dialect::Ansible => {
            (Diagnostic::warning("duplicate-key", message), "the last one counts; remove the other")
        }
        Dialect::Core => (Diagnostic::error("duplicate-key", message), "remove one of them"),
    };
    fault.place(named.place(again.origin)).related("the first is here", named.place(first.origin)).help(help)
}
