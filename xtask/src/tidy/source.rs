//! Rust sources: lengths, module files, leftovers, state that outlives its owner.

use crate::fault::Fault;
use crate::tree::Tree;
use syn::visit::Visit;

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 80;

/// Leftovers, put together here so that this file does not hold them.
const LEFTOVERS: [(&str, &str); 5] = [
    (concat!("to", "do!"), "an unfinished function"),
    (concat!("unimpl", "emented!"), "an unfinished function"),
    (concat!("TO", "DO"), "a note about work not done"),
    (concat!("FIX", "ME"), "a note about work not done"),
    (concat!("#[", "ignore"), "an ignored test passes without running"),
];

/// Types that make a `static` a place for global state.
const SHARED_STATE: [&str; 6] = ["Mutex", "RwLock", "OnceLock", "OnceCell", "Cell", "RefCell"];

/// Checks every `.rs` file.
pub(super) fn check(tree: &Tree) -> Vec<Fault> {
    tree.texts()
        .filter(|(path, _)| path.ends_with(".rs"))
        .flat_map(|(path, text)| check_file(path, text))
        .collect()
}

fn check_file(path: &str, text: &str) -> Vec<Fault> {
    let mut faults = check_lines(path, text);
    if path.rsplit('/').next() == Some("mod.rs") {
        faults.push(Fault::of_file(path, "write foo.rs beside foo/ instead of mod.rs"));
    }
    let lines = text.lines().count();
    if lines > FILE_LINES {
        faults.push(Fault::of_file(path, format!("{lines} lines, at most {FILE_LINES} are allowed")));
    }
    match syn::parse_file(text) {
        Ok(file) => {
            let mut walk = Walk { path, library: is_library(path), faults: &mut faults };
            walk.visit_file(&file);
        }
        Err(error) => {
            faults.push(Fault::at(path, error.span().start().line, format!("does not parse: {error}")))
        }
    }
    faults
}

fn check_lines(path: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for (word, why) in LEFTOVERS {
            if line.contains(word) {
                faults.push(Fault::at(path, index + 1, format!("`{word}`: {why}")));
            }
        }
        if is_banner(line) {
            faults.push(Fault::at(path, index + 1, "a section banner: split the file instead"));
        }
    }
    faults
}

/// A comment that begins with a rule, such as dashes, with or without a title behind it.
fn is_banner(line: &str) -> bool {
    let Some(comment) = line.trim().strip_prefix("//") else {
        return false;
    };
    let text = comment.trim_start_matches(['/', '!']).trim();
    let rule = |c: char| "-=*~#_".contains(c);
    let only_rule = text.len() >= 4 && text.chars().all(rule);
    let plain = !comment.starts_with(['/', '!']);
    let titled = plain && ["---", "===", "***", "~~~", "###"].iter().any(|mark| text.starts_with(mark));
    let slashes = text.is_empty() && comment.len() >= 6;
    only_rule || titled || slashes
}

/// Published code: the testkit is a tool for tests, and a crate's tests may share what they like.
fn is_library(path: &str) -> bool {
    path.starts_with("crates/") && path.contains("/src/") && !path.starts_with("crates/purlin-testkit/")
}

struct Walk<'a> {
    path: &'a str,
    library: bool,
    faults: &'a mut Vec<Fault>,
}

impl Walk<'_> {
    fn measure(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let lines = block.brace_token.span.close().end().line + 1 - first;
        if lines > FUNCTION_LINES {
            let message = format!(
                "function {} has {lines} lines, at most {FUNCTION_LINES} are allowed",
                signature.ident
            );
            self.faults.push(Fault::at(self.path, first, message));
        }
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.measure(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.measure(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.measure(&item.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let for_tests = item.attrs.iter().any(|a| a.path().is_ident("cfg") && mentions(&a.meta, "test"));
        let library = self.library;
        self.library &= !for_tests;
        syn::visit::visit_item_mod(self, item);
        self.library = library;
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        let mutable = matches!(item.mutability, syn::StaticMutability::Mut(_));
        let mut found = Names { shared: false };
        found.visit_type(&item.ty);
        if self.library && (mutable || found.shared) {
            let line = item.ident.span().start().line;
            self.faults.push(Fault::at(self.path, line, format!("`{}` is global state", item.ident)));
        }
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let name = mac.path.segments.last().map(|segment| &segment.ident);
        if let Some(name) = name.filter(|name| self.library && **name == "thread_local") {
            let line = name.span().start().line;
            self.faults.push(Fault::at(self.path, line, "a thread local is global state"));
        }
    }
}

fn mentions(meta: &syn::Meta, word: &str) -> bool {
    match meta {
        syn::Meta::List(list) => list.tokens.clone().into_iter().any(|token| token.to_string() == word),
        _ => false,
    }
}

struct Names {
    shared: bool,
}

impl<'ast> Visit<'ast> for Names {
    fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
        let name = segment.ident.to_string();
        self.shared |= SHARED_STATE.contains(&name.as_str()) || name.starts_with("Atomic");
        syn::visit::visit_path_segment(self, segment);
    }
}

#[cfg(test)]
mod tests;
