//! The shape of `src/`: which folder may use which, and how long a file and a function may be.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The folders (and single files) of `src/`. Each may use itself and those above it, and nothing below.
const ORDER: [&str; 22] = [
    "base",
    "slots",
    "geometry",
    "assembly",
    "photo",
    "model",
    "maps",
    "surface",
    "figure",
    "texture",
    "registration",
    "render",
    "export",
    "inspect",
    "model_library",
    "cache",
    "sandbox",
    "pipeline",
    "generate",
    "guide",
    "terminal",
    "cli",
];
const LONGEST_FILE: usize = 500;
const LONGEST_FUNCTION: usize = 80;

/// A source file, read into tokens: comments are gone, and every token knows its line.
struct Source {
    /// Below `src/`, as `model/nn/mod.rs`.
    path: PathBuf,
    lines: usize,
    tokens: TokenStream,
}

impl Source {
    fn all() -> Vec<Self> {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let (mut files, mut folders) = (Vec::new(), vec![src.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder of src/") {
                let path = entry.expect("an entry of src/").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    files.push(path);
                }
            }
        }
        files.sort();
        let read = |path: PathBuf| {
            let text = fs::read_to_string(&path).expect("a source file");
            Self {
                path: path.strip_prefix(&src).expect("it lies there").to_owned(),
                lines: text.lines().count(),
                tokens: text.parse().expect("tokens of Rust"),
            }
        };
        files.into_iter().map(read).collect()
    }

    /// Its module, as `["model", "nn"]`; of `lib.rs` and `main.rs` none.
    fn module(&self) -> Vec<String> {
        let mut names: Vec<String> = (self.path.with_extension("").iter())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        if matches!(&**names.last().expect("a name"), "mod" | "lib" | "main") {
            names.pop();
        }
        names
    }
}

/// A use of another folder.
struct Edge {
    line: usize,
    to: String,
}

/// All folders that these tokens, of the given module, name in paths.
fn edges(tokens: &TokenStream, module: &[String], found: &mut Vec<Edge>) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let inner = match i.checked_sub(2).map(|at| &tokens[at..i]) {
                    Some([TokenTree::Ident(word), TokenTree::Ident(name)])
                        if word == "mod" && group.delimiter() == Delimiter::Brace =>
                    {
                        [module, &[name.to_string()]].concat()
                    }
                    _ => module.to_vec(),
                };
                edges(&group.stream(), &inner, found);
            }
            TokenTree::Ident(word) if !after_colons(&tokens, i) => {
                let start = match &*word.to_string() {
                    "crate" => Vec::new(),
                    "self" => module.to_vec(),
                    "super" => module[..module.len().saturating_sub(1)].to_vec(),
                    _ => continue,
                };
                let line = word.span().start().line;
                for path in paths(&tokens[i + 1..], start) {
                    if let Some(to) = path.into_iter().next() {
                        found.push(Edge { line, to });
                    }
                }
            }
            _ => {}
        }
    }
}

fn after_colons(tokens: &[TokenTree], i: usize) -> bool {
    i > 0
        && matches!(&tokens[i - 1], TokenTree::Punct(mark) if mark.as_char() == ':')
        && i > 1
        && matches!(&tokens[i - 2], TokenTree::Punct(mark) if mark.as_char() == ':')
}

/// The paths that go on from `start` with `::name` or `::{several, names}`.
fn paths(mut rest: &[TokenTree], start: Vec<String>) -> Vec<Vec<String>> {
    let mut path = start;
    let mut went = false;
    while let [TokenTree::Punct(a), TokenTree::Punct(b), next, ..] = rest {
        if (a.as_char(), b.as_char()) != (':', ':') {
            break;
        }
        match next {
            TokenTree::Ident(name) if name == "super" => {
                path.pop();
            }
            TokenTree::Ident(name) => path.push(name.to_string()),
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let entries = inner.split(
                    |token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ','),
                );
                return entries
                    .filter_map(|entry| match entry.first()? {
                        TokenTree::Ident(name) if name == "self" => Some(vec![path.clone()]),
                        TokenTree::Ident(name) => {
                            let path = [&path[..], &[name.to_string()]].concat();
                            match paths(&entry[1..], path.clone()) {
                                further if further.is_empty() => Some(vec![path]),
                                further => Some(further),
                            }
                        }
                        _ => None,
                    })
                    .flatten()
                    .collect();
            }
            _ => break,
        }
        went = true;
        rest = &rest[3..];
    }
    if went { vec![path] } else { Vec::new() }
}

#[test]
fn a_folder_uses_only_those_above_it() {
    let mut offences = Vec::new();
    let place = |name: &str| ORDER.iter().position(|folder| *folder == name);
    for source in Source::all() {
        let module = source.module();
        let Some(from) = module.first() else {
            continue; // lib.rs and main.rs hold everything together
        };
        let Some(own) = place(from) else {
            offences.push(format!(
                "src/{}: `{from}` has no place in ORDER",
                source.path.display()
            ));
            continue;
        };
        let mut found = Vec::new();
        edges(&source.tokens, &module, &mut found);
        for Edge { line, to } in found {
            if place(&to).is_none_or(|other| other > own) {
                let path = source.path.display();
                offences.push(format!("src/{path}:{line}: {from} -> {to}"));
            }
        }
    }
    assert!(
        offences.is_empty(),
        "these lines use what lies below them in ORDER (move what they need up, or them down):\n{}",
        offences.join("\n")
    );
}

#[test]
fn every_kind_of_path_is_an_edge() {
    let of = |text: &str, module: &[&str]| {
        let module: Vec<String> = module.iter().map(|name| (*name).to_owned()).collect();
        let mut found = Vec::new();
        edges(&text.parse().expect("tokens"), &module, &mut found);
        found.into_iter().map(|edge| edge.to).collect::<Vec<_>>()
    };
    assert_eq!(of("use crate::a::b;", &["x"]), ["a"]);
    assert_eq!(of("use crate::{a, b::{c, d}};", &["x"]), ["a", "b", "b"]);
    assert_eq!(of("use super::super::a::b;", &["x", "y"]), ["a"]);
    assert_eq!(of("use super::a;", &["x", "y"]), ["x"]);
    assert_eq!(of("fn f() { vec![crate::a::B::new()]; }", &["x"]), ["a"]);
    assert_eq!(
        of(
            "mod tests { use super::*; use super::super::a::b; }",
            &["x"]
        ),
        ["a"]
    );
    assert_eq!(of("pub(crate) fn f() {} // crate::a", &["x"]), [""; 0]);
}

#[test]
fn every_folder_has_its_place() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for name in ORDER {
        assert!(
            src.join(name).is_dir() || src.join(name).with_extension("rs").is_file(),
            "ORDER names `{name}`, which is not in src/"
        );
    }
}

/// The words of a line that stand between backquotes.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn the_front_page_tells_of_every_folder_and_walks_through_folders_that_are_there() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let page = include_str!("../../src/architecture.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let told: Vec<&str> = rows.filter_map(|row| quoted(row).next()).collect();
    assert_eq!(
        told, ORDER,
        "the table of src/architecture.md has the folders in their order"
    );
    let steps: Vec<&str> = (page.lines())
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    assert!(
        steps.len() >= 6,
        "the page has a walk from the photo to the file"
    );
    for module in steps.into_iter().flat_map(quoted) {
        let path = src.join(module.replace("::", "/"));
        assert!(
            path.is_dir() || path.with_extension("rs").is_file(),
            "the walk leads through `{module}`, which is not in src/"
        );
    }
}

/// Modules that tests and the program reach are `pub`, but no part of what the library promises.
#[test]
fn the_documentation_shows_a_user_of_the_library_no_inner_folder() {
    let lib = include_str!("../../src/lib.rs");
    let lines: Vec<&str> = lib.lines().collect();
    for pair in lines.windows(2) {
        if let Some(module) = pair[1].strip_prefix("pub mod ") {
            assert!(
                module == "guide;" || pair[0].contains("doc(hidden)"),
                "src/lib.rs shows `{module}` to everybody who uses the library"
            );
        }
    }
}

#[test]
fn files_and_functions_can_be_read_in_one_go() {
    let mut offences = Vec::new();
    for source in Source::all() {
        let path = source.path.display().to_string();
        if source.lines > LONGEST_FILE {
            offences.push(format!("src/{path}: {} lines", source.lines));
        }
        functions(&source.tokens, &mut |name, line, lines| {
            if lines > LONGEST_FUNCTION {
                offences.push(format!("src/{path}:{line}: fn {name}: {lines} lines"));
            }
        });
    }
    assert!(
        offences.is_empty(),
        "a file has at most {LONGEST_FILE} lines and a function {LONGEST_FUNCTION}:\n{}",
        offences.join("\n")
    );
}

/// Calls `tell` with the name, the first line and the number of lines of every function.
fn functions(tokens: &TokenStream, tell: &mut impl FnMut(String, usize, usize)) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        match (token, tokens.get(i + 1)) {
            (TokenTree::Group(group), _) => functions(&group.stream(), tell),
            (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "fn" => {
                let body = tokens[i..].iter().find(|token| match token {
                    TokenTree::Punct(mark) => mark.as_char() == ';',
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                    _ => false,
                });
                if let Some(TokenTree::Group(body)) = body {
                    let (first, last) = (word.span().start().line, body.span().end().line);
                    tell(name.to_string(), first, last + 1 - first);
                }
            }
            _ => {}
        }
    }
}

/// The headings of a page of Markdown as rustdoc makes anchors of them.
fn anchors(page: &str) -> impl Iterator<Item = String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

#[test]
fn references_to_pages_lead_to_headings_that_are_there() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    // By module, as `model::nn`, the anchors of the page beside its code.
    let mut pages = std::collections::HashMap::new();
    let mut texts = Vec::new();
    for source in Source::all() {
        let path = src.join(&source.path);
        let text = fs::read_to_string(&path).expect("a source file");
        // In src/guide.rs each page has a module of its own: `pub mod speed {`, and then the page.
        let pieces: Vec<&str> = text.split("#![doc = include_str!(\"").collect();
        for pair in pieces.windows(2) {
            let page = pair[1].split('"').next().expect("the name of a page");
            let page = fs::read_to_string(path.with_file_name(page)).expect("a page");
            let (_, own) = pair[0].rsplit_once("pub mod ").unwrap_or_default();
            let own = own.trim_end().strip_suffix(" {").map(str::to_owned);
            let module: Vec<String> = source.module().into_iter().chain(own).collect();
            pages.insert(module.join("::"), anchors(&page).collect::<Vec<_>>());
            texts.push((source.path.clone(), page));
        }
        texts.push((source.path, text));
    }
    let mut found = 0;
    for (path, text) in &texts {
        let path = path.display();
        assert!(
            !["SPEC section", "DESIGN section"]
                .iter()
                .any(|word| text.contains(word)),
            "{path} refers to a document that is not here"
        );
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for (module, anchor) in links.filter_map(|link| link.split_once('#')) {
            let module = module.trim_start_matches("crate::");
            let Some(anchors) = pages.get(module).filter(|_| !module.is_empty()) else {
                continue; // an item, or a heading of the same page
            };
            assert!(
                anchors.iter().any(|there| there == anchor),
                "{path} refers to {module}#{anchor}; there are {anchors:?}"
            );
            found += 1;
        }
    }
    assert!(found >= 15, "only {found} references were found");
}
