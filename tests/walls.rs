//! No circle among the files of a library: what a file names can be read before it. Between libraries the compiler sees to that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::buffer::{Cursor, TokenBuffer};
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, ItemMacro, ItemMod, ItemUse, Macro, UseTree, Visibility};

/// The words of a path: of a module those from the library's root on.
type Names = Vec<String>;

/// Collects the paths in a file, each with the module where it stands.
struct Paths {
    at: Names,
    all: Vec<(Names, Names)>,
}

impl Paths {
    fn import(&mut self, tree: &UseTree, path: &Names) {
        let with = |name: &Ident| [path.as_slice(), &[name.to_string()]].concat();
        match tree {
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, path)),
            UseTree::Path(head) => self.import(&head.tree, &with(&head.ident)),
            UseTree::Name(last) => self.add(with(&last.ident)),
            UseTree::Rename(last) => self.add(with(&last.ident)),
            UseTree::Glob(_) => self.add(path.clone()),
        }
    }

    fn add(&mut self, path: Names) {
        self.all.push((self.at.clone(), path));
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_apart(&item.attrs) {
            self.at.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.at.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() && !is_apart(&item.attrs) {
            self.import(&item.tree, &vec![]);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            self.add(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        visit::visit_macro(self, call);
        let words = words(call);
        let paths = words.split(' ').filter(|word| word.contains("::"));
        paths.for_each(|path| self.add(path.split("::").map(String::from).collect()));
    }

    /// A table of modules, such as that of the data sets, names each by one word.
    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        visit::visit_item_macro(self, item);
        if item.ident.is_none() {
            words(&item.mac).split(' ').for_each(|word| self.add(vec![word.into()]));
        }
    }

    // Who may see a thing, and what is derived from it, is no use of a file.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

/// Whether something is there for tests alone, or for links in the documentation.
fn is_apart(attributes: &[Attribute]) -> bool {
    let only = |attribute: &Attribute| attribute.parse_args::<Ident>().is_ok_and(|only| only == "test" || only == "doc");
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg") && only(attribute))
}

/// Names and signs between a macro's braces, with blanks between them but within paths.
fn words(call: &Macro) -> String {
    fn add(mut at: Cursor<'_>, out: &mut Names) {
        while let Some((token, next)) = at.token_tree() {
            match at.any_group() {
                Some((inside, ..)) => add(inside, out),
                None if at.literal().is_some() => {}
                None => out.push(token.to_string()),
            }
            at = next;
        }
    }
    let mut out = vec![];
    add(TokenBuffer::new2(call.tokens.clone()).begin(), &mut out);
    out.join(" ").replace(" : : ", "::")
}

/// The files of a library by their modules.
type Files<'f> = BTreeMap<Names, &'f str>;

/// What a path means that stands at `at`; `None` if that is outside the library. `imported` are modules that it may begin with.
fn absolute(at: &Names, path: &Names, files: &Files, imported: &BTreeMap<String, Names>) -> Option<Names> {
    let (first, rest) = path.split_first()?;
    let child = [at.as_slice(), std::slice::from_ref(first)].concat();
    let mut names = match first.as_str() {
        "crate" => vec![],
        "self" => at.clone(),
        "super" => at.split_last()?.1.to_vec(),
        _ if files.contains_key(&child) => child,
        _ => imported.get(first)?.clone(),
    };
    for name in rest.iter().filter(|name| *name != "self") {
        if name == "super" { drop(names.pop()) } else { names.push(name.clone()) }
    }
    Some(names)
}

/// The files that a file names.
fn named<'f>(at: &Names, text: &str, files: &Files<'f>) -> BTreeSet<&'f str> {
    let mut paths = Paths { at: at.clone(), all: vec![] };
    paths.visit_file(&syn::parse_file(text).expect("the library compiles"));
    let (mut out, mut imported) = (BTreeSet::new(), BTreeMap::new());
    for (at, path) in &paths.all {
        let Some(names) = absolute(at, path, files, &imported) else { continue };
        // The file of a module, or the one where something stands.
        out.extend((0..=names.len()).rev().find_map(|n| files.get(&names[..n])));
        if files.contains_key(&names) {
            imported.extend(names.last().cloned().map(|name| (name, names)));
        }
    }
    out
}

/// Files of which each names the next and the last one the first, from a library's files with their text; none if there are none.
fn circle(library: &BTreeMap<String, String>) -> Vec<&str> {
    let names = |file: &str| file.trim_end_matches(".rs").split('/').map(String::from).collect::<Names>();
    let module = |file: &str| names(file).into_iter().filter(|name| name != "mod" && name != "lib").collect();
    let files: Files = library.keys().map(|file| (module(file), file.as_str())).collect();
    let mut graph: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (at, file) in &files {
        let mut names = named(at, &library[*file], &files);
        names.remove(file);
        graph.insert(file, names);
    }
    // What names nothing that is left is in no circle.
    while let Some(file) = graph.iter().find_map(|(file, names)| names.is_empty().then_some(*file)) {
        graph.remove(file);
        graph.values_mut().for_each(|names| names.retain(|name| *name != file));
    }
    // Now each names another, so that a walk comes back to where it has been.
    let mut walk: Vec<&str> = graph.keys().copied().take(1).collect();
    while let Some(next) = walk.last().and_then(|file| graph[file].first()) {
        if let Some(first) = walk.iter().position(|file| file == next) {
            return walk.split_off(first);
        }
        walk.push(next);
    }
    walk
}

/// What lies in a folder.
fn within(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
}

/// The files of Rust below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let (folders, files): (Vec<_>, Vec<_>) = within(folder).partition(|path| path.is_dir());
    let files = files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    folders.iter().flat_map(|folder| sources(folder)).chain(files).collect()
}

#[test]
fn no_files_of_a_library_are_in_a_circle() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let roots: Vec<PathBuf> = within(&folder).filter(|folder| folder.join("lib.rs").is_file()).collect();
    assert!(roots.len() > 20, "{} libraries", roots.len());
    for root in roots {
        let name = |file: &Path| file.strip_prefix(&root).unwrap().display().to_string().replace('\\', "/");
        let library = sources(&root).iter().map(|file| (name(file), std::fs::read_to_string(file).unwrap())).collect();
        let circle = circle(&library);
        assert!(circle.is_empty(), "{}: in a circle each names the next: {}", root.display(), circle.join(", "));
    }
}

#[test]
fn a_circle_is_found() {
    for (text, found) in [
        ("fn of(a: &crate::a::A) {}", vec!["a.rs", "b.rs"]),
        ("sized! { B, crate::a::A }", vec!["a.rs", "b.rs"]),
        ("#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}", vec![]),
    ] {
        let library = [("a.rs", "use super::b::B;"), ("b.rs", text)].map(|(file, text)| (file.into(), text.into()));
        assert_eq!(circle(&library.into()), found, "{text}");
    }
}
