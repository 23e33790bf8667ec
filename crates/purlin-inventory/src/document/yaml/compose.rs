//! Events become values.

use super::super::{MAX_DEPTH, MAX_VALUES, Named, Read, too_deep, too_many};
use super::key::Key;
use super::plain::{self, Plain};
use super::tag::{self, Shape, Wanted};
use super::{Dialect, OddKeys, fault, strict, texts::Texts};
use crate::{Located, Map, Origin, Value};
use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, Tag};
use purlin_core::{Diagnostic, Diagnostics, Place};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Builds values from the events of a text, with a stack of its own.
pub(super) struct Composer<'a> {
    pub(super) text: &'a str,
    pub(super) named: Named<'a>,
    pub(super) dialect: Dialect,
    pub(super) stack: Vec<Frame>,
    pub(super) root: Option<Located>,
    pub(super) anchors: HashMap<usize, Anchored>,
    anchor_names: HashMap<String, Origin>,
    texts: Texts,
    /// How many values there are so far.
    values: usize,
    documents: usize,
    pub(super) inner: Vec<strict::Inner>,
    pub(super) faults: Diagnostics,
    pub(super) warnings: Diagnostics,
    /// Warnings beyond [`MOST`].
    pub(super) unsaid: usize,
    pub(super) odd_keys: OddKeys,
}

/// So many faults are told; after that the pass ends. Of the warnings beyond, the number is told.
pub(super) const MOST: usize = 100;

enum Outcome<'a> {
    Done(Box<Composer<'a>>),
    /// The parser takes no tabs at the beginnings of lines in brackets, libyaml does.
    TabInFlow(usize),
}

/// So many passages of lines in brackets may be indented with tabs.
const MOST_TABBED: usize = 16;

/// Reads a text. Where lines in brackets are indented with tabs, they are read again with spaces in the same places.
pub(super) fn read(text: &str, named: Named<'_>, dialect: Dialect) -> Result<(Read, OddKeys), Diagnostics> {
    let mut spaced = Cow::Borrowed(text);
    for _ in 0..MOST_TABBED {
        match Composer::new(&spaced, named, dialect).run() {
            Outcome::Done(composer) => return composer.finish(text),
            Outcome::TabInFlow(line) => spaced = strict::spaced(&spaced, line).into(),
        }
    }
    Err(std::iter::once(strict::tab_fault(named, 0, 0)).collect())
}

/// The pass ends here; the reason is among the faults.
pub(super) struct Stop;

/// What an anchor names, how many values it has and how deep they are nested.
pub(super) struct Anchored {
    pub(super) value: Located,
    pub(super) size: usize,
    pub(super) height: usize,
}

/// A list or map that is not yet at its end.
pub(super) struct Frame {
    pub(super) shape: Shape,
    pub(super) origin: Origin,
    pub(super) anchor: usize,
    pub(super) is_unsafe: bool,
    pub(super) is_flow: bool,
    /// The value is left out, because its tag does not fit.
    pub(super) is_void: bool,
    pub(super) size: usize,
    pub(super) height: usize,
    pub(super) items: Vec<Located>,
    pub(super) entries: Vec<(Key, Located)>,
    pub(super) merges: Vec<Arc<Map>>,
    pub(super) pending: Option<Pending>,
}

/// The key whose value comes next.
pub(super) enum Pending {
    Key(Key),
    Merge,
    /// It was no key; its value is read and dropped.
    Void,
}

impl Frame {
    fn awaits_key(&self) -> bool {
        matches!(self.shape, Shape::Map | Shape::Set) && self.pending.is_none()
    }
}

impl<'a> Composer<'a> {
    fn new(text: &'a str, named: Named<'a>, dialect: Dialect) -> Self {
        Self {
            text,
            named,
            dialect,
            stack: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            anchor_names: HashMap::new(),
            texts: Texts::new(),
            values: 0,
            documents: 0,
            inner: Vec::new(),
            faults: Diagnostics::new(),
            warnings: Diagnostics::new(),
            unsaid: 0,
            odd_keys: OddKeys::new(),
        }
    }

    /// Reads the text to its end, or to the first fault of syntax.
    fn run(mut self) -> Outcome<'a> {
        let mut options = granit_parser::options! {
            block_scalar_eof_without_line_feed: true,
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            // One more than is allowed, so that our own check speaks first.
            flow_nesting_limit: MAX_DEPTH + 1,
            block_nesting_limit: MAX_DEPTH + 1,
        };
        options.set_emit_comments(false);
        self.faults.extend(strict::directives(self.text, self.named));
        for event in Parser::new_from_str_with_options(self.text, options) {
            match event {
                Ok((event, span)) => {
                    if self.take(event, &span).is_err() {
                        break;
                    }
                }
                Err(error) => {
                    let in_flow = self.stack.last().is_some_and(|frame| frame.is_flow);
                    if in_flow && fault::is_tab(error.kind()) {
                        return Outcome::TabInFlow(error.marker().line());
                    }
                    self.faults.push(fault::syntax(&error, self.text, self.named));
                    break;
                }
            }
        }
        Outcome::Done(Box::new(self))
    }

    fn finish(mut self, original: &str) -> Result<(Read, OddKeys), Diagnostics> {
        if !self.faults.has_errors() && original.contains('\t') {
            self.inner.sort_by_key(|range| *range.start());
            self.faults.extend(strict::tabs(original, &self.inner, self.named));
        }
        if self.faults.has_errors() {
            self.faults.extend(self.warnings);
            self.faults.sort();
            return Err(self.faults);
        }
        if self.unsaid > 0 {
            let message = format!("{} more keys are there twice", self.unsaid);
            self.warnings
                .push(Diagnostic::warning("duplicate-key", message).place(Place::file(self.named.name)));
        }
        let nothing = || Located::new(Value::Null, self.named.origin(1, 1));
        let read = Read { value: self.root.unwrap_or_else(nothing), warnings: self.warnings };
        Ok((read, self.odd_keys))
    }

    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Stop> {
        let origin = self.origin(span);
        match event {
            Event::DocumentStart(..) => self.document(origin),
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_deref(), span)
            }
            Event::SequenceStart(style, anchor, tag) => {
                let tag = tag.as_deref().map(Wanted::new);
                self.open(tag::list(tag.as_ref(), self.dialect), Shape::List, tag, style, anchor, origin)
            }
            Event::MappingStart(style, anchor, tag) => {
                let tag = tag.as_deref().map(Wanted::new);
                self.open(tag::map(tag.as_ref(), self.dialect), Shape::Map, tag, style, anchor, origin)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Anchor(_, name) => self.name_anchor(name, origin),
            Event::Alias(id) => self.alias(id, origin),
            Event::UnresolvedAlias(name) => {
                let message = format!("no anchor &{name} stands before this");
                let help = "a text that begins with * must be quoted: '*.example.com'";
                self.fault("yaml-alias", message, origin, Some(help));
                self.deliver(Located::new(Value::Null, origin), 1, 0)
            }
            _ => Ok(()),
        }
    }

    fn origin(&self, span: &Span) -> Origin {
        self.named.origin(span.start.line(), span.start.col() + 1)
    }

    pub(super) fn fault(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        origin: Origin,
        help: Option<&str>,
    ) {
        let fault = Diagnostic::error(code, message).place(self.named.place(origin));
        self.faults.push(match help {
            Some(help) => fault.help(help),
            None => fault,
        });
    }

    fn document(&mut self, origin: Origin) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let help = Some("put each document into a file of its own");
        self.fault("yaml-documents", "a second document begins here", origin, help);
        Err(Stop)
    }

    fn count(&mut self, values: usize, origin: Origin) -> Result<(), Stop> {
        self.values = self.values.saturating_add(values);
        if self.values > MAX_VALUES {
            self.faults.push(too_many(self.named.place(origin)));
            return Err(Stop);
        }
        if self.faults.len() >= MOST { Err(Stop) } else { Ok(()) }
    }

    fn open(
        &mut self,
        fits: Option<Shape>,
        usual: Shape,
        tag: Option<Wanted>,
        style: StructureStyle,
        anchor: usize,
        origin: Origin,
    ) -> Result<(), Stop> {
        if self.stack.len() >= MAX_DEPTH {
            self.faults.push(too_deep(self.named.place(origin)));
            return Err(Stop);
        }
        self.count(1, origin)?;
        let parent = self.stack.last();
        let is_unsafe = tag == Some(Wanted::Unsafe) || parent.is_some_and(|frame| frame.is_unsafe);
        let is_flow = style == StructureStyle::Flow;
        if let (None, Some(tag)) = (fits, tag) {
            let noun = if usual == Shape::List { "list" } else { "map" };
            let message = format!("the tag {} is not for a {noun}", tag.shown());
            self.fault("yaml-tag", message, origin, None);
        }
        self.stack.push(Frame {
            shape: fits.unwrap_or(usual),
            origin,
            anchor,
            is_unsafe,
            is_flow,
            is_void: fits.is_none(),
            size: 1,
            height: 1,
            items: Vec::new(),
            entries: Vec::new(),
            merges: Vec::new(),
            pending: None,
        });
        Ok(())
    }

    fn name_anchor(&mut self, name: Cow<'_, str>, origin: Origin) -> Result<(), Stop> {
        if self.dialect == Dialect::Core {
            return Ok(());
        }
        if let Some(first) = self.anchor_names.insert(name.to_string(), origin) {
            let fault = Diagnostic::error("yaml-anchor", format!("the anchor &{name} is there already"))
                .place(self.named.place(origin))
                .related("the first is here", self.named.place(first))
                .help("give each anchor a name of its own");
            self.faults.push(fault);
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, origin: Origin) -> Result<(), Stop> {
        let Some(Anchored { value, size, height }) = self.anchors.get(&id) else {
            self.fault("yaml-alias", "this alias is inside of what it names", origin, None);
            return self.deliver(Located::new(Value::Null, origin), 1, 0);
        };
        let (value, size, height) = (value.clone(), *size, *height);
        if self.stack.len() + height > MAX_DEPTH {
            self.faults.push(too_deep(self.named.place(origin)));
            return Err(Stop);
        }
        self.count(size, origin)?;
        self.deliver(value, size, height)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: &Span,
    ) -> Result<(), Stop> {
        let origin = self.origin(span);
        self.count(1, origin)?;
        if span.end.line() > span.start.line() {
            self.cover(span.start.line(), span);
        }
        let is_plain = style == ScalarStyle::Plain;
        // The parser writes `~` for a value that is left out.
        let text = if is_plain && text == "~" && span.is_empty() { "" } else { text };
        let at_key = self.stack.last().is_some_and(Frame::awaits_key);
        let value = match tag.map(Wanted::new) {
            Some(Wanted::Core(name)) if name == "merge" && at_key => return self.merge_key(origin),
            Some(tag) => tag::scalar(&tag, text, is_plain, self.dialect).map_err(|why| ("yaml-tag", why)),
            None if !is_plain => Ok(Value::Text(self.texts.keep(text))),
            None => match plain::resolve(text, self.dialect) {
                Ok(Plain::Merge) if at_key => return self.merge_key(origin),
                plain => self.plain(plain, text, at_key).map_err(|why| ("yaml-scalar", why)),
            },
        };
        let mut value = value.unwrap_or_else(|(code, why)| {
            self.fault(code, why, origin, Some("quote the value if it is a text"));
            Value::Null
        });
        if !at_key && self.stack.last().is_some_and(|frame| frame.is_unsafe) {
            value = tag::unsafe_text(value);
        }
        let value = Located::new(value, origin);
        if anchor > 0 {
            self.anchors.insert(anchor, Anchored { value: value.clone(), size: 1, height: 0 });
        }
        self.deliver(value, 1, 0)
    }

    fn plain(&mut self, plain: Result<Plain, String>, text: &str, at_key: bool) -> Result<Value, String> {
        Ok(match plain? {
            Plain::Null => Value::Null,
            Plain::Bool(truth) => truth.into(),
            Plain::Number(number) => number,
            Plain::Time(time) => time.into(),
            Plain::Default if !at_key => return Err("= is a value of its own in YAML 1.1".to_owned()),
            Plain::Merge if self.dialect == Dialect::Ansible => {
                return Err("<< is the key of a merge".to_owned());
            }
            Plain::Default | Plain::Merge | Plain::Text => Value::Text(self.texts.keep(text)),
        })
    }

    fn merge_key(&mut self, origin: Origin) -> Result<(), Stop> {
        if self.dialect == Dialect::Core {
            self.fault("yaml-merge", "<< merges in YAML 1.1 only", origin, Some("write the entries out"));
        }
        if let Some(frame) = self.stack.last_mut() {
            frame.pending = Some(Pending::Merge);
        }
        Ok(())
    }
}
