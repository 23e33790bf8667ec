//! No foreign type in the public API of core or of a primitive crate.
//!
//! Read from the sources. The lint `unreachable_pub` makes sure that whatever is `pub` there is part of the API; what a
//! macro writes is not seen.

use crate::fault::Fault;
use crate::tree::Tree;
use crate::workspace::{Package, Workspace};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::Visit;

/// The traits for byte streams, which belong to no library's style.
const TOKIO_IO: [&str; 5] = ["AsyncRead", "AsyncWrite", "AsyncBufRead", "AsyncSeek", "ReadBuf"];

/// Checks the sources of every crate that the rule is for.
pub(super) fn check(workspace: &Workspace, tree: &Tree) -> Vec<Fault> {
    let ruled = workspace.crates().filter(|package| !exempt(&package.name));
    ruled.flat_map(|package| check_crate(package, &workspace.folder(package), tree)).collect()
}

/// An adapter offers its driver, and the testkit is for tests.
fn exempt(package: &str) -> bool {
    package == "purlin-testkit" || package.starts_with("purlin-db-")
}

fn check_crate(package: &Package, folder: &str, tree: &Tree) -> Vec<Fault> {
    let prefix = format!("{folder}/src/");
    let sources = tree.texts().filter(|(path, _)| path.starts_with(&prefix) && path.ends_with(".rs"));
    // What does not parse is a fault of tidy.
    let files: Vec<_> =
        sources.filter_map(|(path, text)| Some((path, syn::parse_file(text).ok()?))).collect();
    let published: BTreeSet<String> = files.iter().flat_map(|(_, file)| public_types(&file.items)).collect();
    let mut faults = Vec::new();
    for (path, file) in &files {
        let mut imports = Imports::default();
        imports.visit_file(file);
        let mut api = Api { package, path, imports: &imports.0, published: &published, faults: &mut faults };
        api.items(&file.items);
    }
    faults
}

fn public_types(items: &[syn::Item]) -> Vec<String> {
    let name = |vis: &syn::Visibility, ident: &syn::Ident| is_public(vis).then(|| ident.to_string());
    items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Struct(item) => name(&item.vis, &item.ident),
            syn::Item::Enum(item) => name(&item.vis, &item.ident),
            syn::Item::Union(item) => name(&item.vis, &item.ident),
            _ => None,
        })
        .collect()
}

fn is_public(vis: &syn::Visibility) -> bool {
    matches!(vis, syn::Visibility::Public(_))
}

/// Every name that a file imports, with its full path.
#[derive(Default)]
struct Imports(BTreeMap<String, Vec<String>>);

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for (name, path) in leaves(&item.tree, &[]) {
            self.0.insert(name, path);
        }
    }
}

/// (name here, path) of everything that a `use` brings; a glob is called `*`.
fn leaves(tree: &syn::UseTree, above: &[String]) -> Vec<(String, Vec<String>)> {
    let below = |name: String| [above, &[name]].concat();
    match tree {
        syn::UseTree::Path(path) => leaves(&path.tree, &below(path.ident.to_string())),
        syn::UseTree::Name(name) if name.ident == "self" => {
            vec![(above.last().cloned().unwrap_or_default(), above.to_vec())]
        }
        syn::UseTree::Name(name) => vec![(name.ident.to_string(), below(name.ident.to_string()))],
        syn::UseTree::Rename(rename) => vec![(rename.rename.to_string(), below(rename.ident.to_string()))],
        syn::UseTree::Glob(_) => vec![("*".into(), below("*".into()))],
        syn::UseTree::Group(group) => group.items.iter().flat_map(|item| leaves(item, above)).collect(),
    }
}

/// Walks over what is public in one file.
struct Api<'a> {
    package: &'a Package,
    path: &'a str,
    imports: &'a BTreeMap<String, Vec<String>>,
    published: &'a BTreeSet<String>,
    faults: &'a mut Vec<Fault>,
}

impl Api<'_> {
    fn items(&mut self, items: &[syn::Item]) {
        items.iter().for_each(|item| self.item(item));
    }

    fn item(&mut self, item: &syn::Item) {
        match item {
            syn::Item::Fn(item) if is_public(&item.vis) => self.visit_signature(&item.sig),
            syn::Item::Const(item) if is_public(&item.vis) => self.visit_type(&item.ty),
            syn::Item::Static(item) if is_public(&item.vis) => self.visit_type(&item.ty),
            syn::Item::Type(item) if is_public(&item.vis) => self.visit_type(&item.ty),
            syn::Item::Struct(item) if is_public(&item.vis) => {
                self.visit_generics(&item.generics);
                let fields = item.fields.iter().filter(|field| is_public(&field.vis));
                fields.for_each(|field| self.visit_type(&field.ty));
            }
            syn::Item::Enum(item) if is_public(&item.vis) => {
                self.visit_generics(&item.generics);
                let fields = item.variants.iter().flat_map(|variant| &variant.fields);
                fields.for_each(|field| self.visit_type(&field.ty));
            }
            syn::Item::Trait(item) if is_public(&item.vis) => self.public_trait(item),
            syn::Item::Impl(item) => self.implementation(item),
            syn::Item::Use(item) if is_public(&item.vis) => {
                let line = item.use_token.span.start().line;
                leaves(&item.tree, &[]).iter().for_each(|(_, path)| self.judge(path, line));
            }
            syn::Item::Mod(item) => {
                if let Some((_, items)) = item.content.as_ref().filter(|_| is_public(&item.vis)) {
                    self.items(items);
                }
            }
            _ => {}
        }
    }

    fn public_trait(&mut self, item: &syn::ItemTrait) {
        self.visit_generics(&item.generics);
        item.supertraits.iter().for_each(|bound| self.visit_type_param_bound(bound));
        for part in &item.items {
            match part {
                syn::TraitItem::Fn(method) => self.visit_signature(&method.sig),
                syn::TraitItem::Type(ty) => {
                    ty.bounds.iter().for_each(|bound| self.visit_type_param_bound(bound))
                }
                syn::TraitItem::Const(constant) => self.visit_type(&constant.ty),
                _ => {}
            }
        }
    }

    fn implementation(&mut self, item: &syn::ItemImpl) {
        let syn::Type::Path(own) = &*item.self_ty else {
            return;
        };
        let known =
            own.path.segments.last().is_some_and(|last| self.published.contains(&last.ident.to_string()));
        if !known || self.behind_feature(&item.attrs) {
            return;
        }
        self.visit_generics(&item.generics);
        match &item.trait_ {
            // What a trait's methods look like is the trait's affair; its associated types are chosen here.
            Some((path, _)) => {
                self.visit_path(path);
                for part in &item.items {
                    if let syn::ImplItem::Type(chosen) = part {
                        self.visit_type(&chosen.ty);
                    }
                }
            }
            None => {
                for part in &item.items {
                    match part {
                        syn::ImplItem::Fn(method) if is_public(&method.vis) => {
                            self.visit_signature(&method.sig)
                        }
                        syn::ImplItem::Const(constant) if is_public(&constant.vis) => {
                            self.visit_type(&constant.ty)
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// A conversion from or to a foreign type may stand behind a feature named after the foreign crate.
    fn behind_feature(&self, attrs: &[syn::Attribute]) -> bool {
        let foreign = self.package.dependencies.iter().filter(|d| d.path.is_none() && d.optional);
        let mut switches = foreign.map(|d| format!("feature = \"{}\"", d.name));
        let cfg: Vec<&syn::MetaList> = attrs
            .iter()
            .filter(|attr| attr.path().is_ident("cfg"))
            .filter_map(|attr| attr.meta.require_list().ok())
            .collect();
        switches.any(|switch| cfg.iter().any(|list| list.tokens.to_string() == switch))
    }

    fn judge(&mut self, path: &[String], line: usize) {
        let Some(root) = path.first() else { return };
        let foreign =
            self.package.dependencies.iter().any(|d| d.path.is_none() && d.name.replace('-', "_") == *root);
        if foreign && !allowed(&self.package.name, path) {
            let message = format!("`{}` is a foreign type in the public API", path.join("::"));
            self.faults.push(Fault::at(self.path, line, message));
        }
    }
}

fn allowed(package: &str, path: &[String]) -> bool {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    match parts[..] {
        ["serde", ..] => true,
        ["tokio", "io", name] => TOKIO_IO.contains(&name),
        // What dialling gives: docs/decisions/0004.
        ["tokio", "net", "TcpStream"] => package == "purlin-core",
        ["bytes", "Bytes"] => package != "purlin-core",
        // A rustls configuration is what this crate makes.
        ["rustls" | "tokio_rustls", ..] => package == "purlin-tls",
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Api<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let line = path.segments.first().map_or(0, |first| first.ident.span().start().line);
        let full = match names.first().and_then(|first| self.imports.get(first)) {
            Some(import) => [import.as_slice(), &names[1..]].concat(),
            None => names,
        };
        self.judge(&full, line);
        syn::visit::visit_path(self, path);
    }
}

#[cfg(test)]
mod tests;
