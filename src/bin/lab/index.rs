//! `index.html`, read as Trunk reads it: what it links with `data-trunk` says which programs and files make the site, so that
//! `cargo lab build` and `trunk serve` build the same one.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use lol_html::html_content::{ContentType, Element};
use lol_html::{RewriteStrSettings, doc_comments, element, rewrite_str};

use crate::Failure;
use crate::cargo::root;
use crate::site::{copy_folder, digest, read, write};

/// A program of the site: a package of this workspace, compiled to WebAssembly.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Name of the binary.
    pub name: String,
    /// Its `Cargo.toml`, from the root of the checkout.
    pub manifest: String,
    /// Profile of `Cargo.toml`.
    pub profile: String,
}

/// What `index.html` links.
#[derive(Debug, Default, PartialEq)]
pub struct Links {
    /// The page comes first.
    pub programs: Vec<Program>,
    /// Folders of this checkout, and their places in the site.
    pub folders: Vec<(PathBuf, PathBuf)>,
}

/// The text of this checkout's `index.html`.
///
/// # Errors
/// If it cannot be read.
pub fn text() -> Result<String, Failure> {
    Ok(String::from_utf8_lossy(&read(&root().join("index.html"))?).into_owned())
}

/// What the text of an `index.html` links for Trunk.
///
/// # Errors
/// If a link lacks something or is of a kind that is not known here.
pub fn links(html: &str) -> Result<Links, Failure> {
    let found = RefCell::new(Links::default());
    let each = |link: &mut Element| {
        let needed = |name| link.get_attribute(name).ok_or_else(|| format!("index.html: a link for Trunk without {name}"));
        match needed("rel")?.as_str() {
            "rust" => {
                let (name, manifest) = (needed("data-bin")?, needed("href")?);
                found.borrow_mut().programs.push(Program { name, manifest, profile: needed("data-cargo-profile")? });
            }
            "copy-dir" => found.borrow_mut().folders.push((needed("href")?.into(), needed("data-target-path")?.into())),
            "css" | "icon" => {}
            other => return Err(format!("index.html: this build does not know links of the kind {other}").into()),
        }
        Ok(())
    };
    let settings = RewriteStrSettings::new().append_element_content_handler(element!(LINKS, each));
    rewrite_str(html, settings).map_err(|e| e.to_string())?;
    Ok(found.into_inner())
}

const LINKS: &str = "link[data-trunk]";
/// Names the file with what an element has in it.
const SHELL: &str = "data-shell";

/// Copies the folders that the text links into the site.
///
/// # Errors
/// If a file cannot be read or written.
pub fn copy_folders(html: &str, site: &Path) -> Result<(), Failure> {
    links(html)?.folders.into_iter().try_for_each(|(from, to)| copy_folder(&root().join(from), &site.join(to)))
}

/// The element with the links to the page in other languages, and what stands for the folder of programs.
const LANGUAGES: &str = "[data-languages]";
const PROGRAMS: &str = "PROGRAMS";

/// Writes the site's `index.html`, its style and its icon: `programs` is the folder of its programs, `base` what addresses begin with, such as
/// `./`, and `languages` are the links to the page in other languages.
///
/// # Errors
/// If a file cannot be read or written.
pub fn write_site(html: &str, site: &Path, base: &str, programs: &str, languages: &str) -> Result<(), Failure> {
    let each = |link: &mut Element| {
        let rel = link.get_attribute("rel").unwrap_or_default();
        let href = link.get_attribute("href").unwrap_or_default();
        match rel.as_str() {
            "css" => {
                let text = String::from_utf8_lossy(&read(&root().join(&href))?).into_owned();
                let small = minifier::css::minify(&text).map_err(|e| format!("{href}: {e}"))?.to_string();
                let name = by_content(&href, small.as_bytes());
                write(&site.join(&name), small.as_bytes())?;
                link.replace(&format!("<link rel=\"stylesheet\" href=\"{base}{name}\">"), ContentType::Html);
            }
            "icon" => {
                let bytes = read(&root().join(&href))?;
                let name = by_content(&href, &bytes);
                write(&site.join(&name), &bytes)?;
                link.replace(&format!("<link rel=\"icon\" href=\"{base}{name}\">"), ContentType::Html);
            }
            // The programs are built and the folders copied; neither is a link of the site.
            _ => link.remove(),
        }
        Ok(())
    };
    let programs = format!("{base}{programs}");
    let [script, wasm] = ["page.js", "page_bg.wasm"].map(|file| format!("{programs}/page/{file}"));
    let start = format!(
        "<link rel=\"modulepreload\" href=\"{script}\" crossorigin=\"anonymous\">\
         <link rel=\"preload\" href=\"{wasm}\" as=\"fetch\" type=\"application/wasm\" crossorigin=\"anonymous\">\
         <script type=\"module\">import init from \"{script}\";init({{module_or_path:\"{wasm}\"}}).then(()=>document.body.append(document.querySelector(\".languages\")))</script>"
    );
    let head = |head: &mut Element| {
        head.append(&start, ContentType::Html);
        Ok(())
    };
    let shell = |place: &mut Element| {
        let file = place.get_attribute(SHELL).unwrap_or_default();
        let shell = String::from_utf8_lossy(&read(&root().join(file))?).replace(">\n<", "><");
        place.remove_attribute(SHELL);
        place.set_inner_content(shell.trim_end(), ContentType::Html);
        Ok(())
    };
    let links = |place: &mut Element| {
        place.remove_attribute("data-languages");
        place.set_inner_content(languages, ContentType::Html);
        Ok(())
    };
    let without_comments = doc_comments!(|comment| {
        comment.remove();
        Ok(())
    });
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!(LINKS, each))
        .append_element_content_handler(element!("head", head))
        .append_element_content_handler(element!(format!("[{SHELL}]"), shell))
        .append_element_content_handler(element!(LANGUAGES, links))
        .append_document_content_handler(without_comments);
    let html = rewrite_str(&html.replace(PROGRAMS, &programs), settings).map_err(|e| e.to_string())?;
    // What stood on lines of its own and is gone leaves its line.
    let lines: Vec<&str> = html.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    write(&site.join("index.html"), lines.join("\n").as_bytes())
}

/// The name of a file with a part that changes with its content, so that hosts may let browsers keep it.
fn by_content(href: &str, bytes: &[u8]) -> String {
    let path = Path::new(href);
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    format!("{}-{}.{}", part(path.file_stem()), digest([bytes]), part(path.extension()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_index_names_every_program_of_the_site() {
        let links = links(&text().unwrap()).unwrap();
        let names: Vec<&str> = links.programs.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["page", "engine", "pack", "player", "older"]);
        let profile = |p: &Program| if p.name == "engine" { "web-engine" } else { "web" };
        assert!(links.programs.iter().all(|p| p.profile == profile(p) && root().join(&p.manifest).is_file()));
        for (from, _) in &links.folders {
            assert!(root().join(from).is_dir(), "{from:?}");
        }
    }

    #[test]
    fn a_link_that_this_build_would_ignore_is_refused() {
        assert!(links("<link data-trunk rel=\"sass\" href=\"a.scss\">").unwrap_err().contains("sass"));
        assert!(links("<link data-trunk rel=\"rust\" data-bin=\"x\">").unwrap_err().contains("href"));
        assert_eq!(links("<link rel=\"canonical\" href=\"x\">").unwrap(), Links::default());
    }

    #[test]
    fn the_site_starts_the_page_and_keeps_nothing_of_trunk() {
        let site = std::env::temp_dir().join(format!("latent-lab-index-{}", std::process::id()));
        let html = "<html>\n<head>\n<!-- why -->\n<link data-trunk rel=\"css\" href=\"assets/page.css\">\n\
                    <link data-trunk rel=\"rust\" href=\"page/Cargo.toml\" data-bin=\"page\" data-cargo-profile=\"web\">\n\
                    </head>\n<body><div class=\"shell\" data-shell=\"assets/shell.html\">\n</div><nav data-languages></nav></body>\n</html>";
        fs::create_dir_all(&site).unwrap();
        write_site(html, &site, "/lab/", "p", "<a lang=\"de\">Deutsch</a>").unwrap();
        let written = fs::read_to_string(site.join("index.html")).unwrap();
        assert!(!written.contains("trunk") && !written.contains("why") && !written.contains("\n\n"), "{written}");
        assert!(written.contains("import init from \"/lab/p/page/page.js\""), "{written}");
        assert!(written.contains("<nav><a lang=\"de\">Deutsch</a></nav>"), "{written}");
        let shell = fs::read_to_string(root().join("assets/shell.html")).unwrap();
        let (first, rest) = written.split_once("<div class=\"shell\">").unwrap();
        let shell = shell.replace(">\n<", "><");
        let lines: Vec<&str> = shell.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert!(!lines.is_empty() && !first.contains("masthead") && rest.contains(&lines.join("\n")), "{written}");
        assert!(!written.contains(SHELL), "{written}");
        let style = written.split("href=\"/lab/page-").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        assert!(site.join(format!("page-{style}")).is_file());
        fs::remove_dir_all(site).unwrap();
    }
}
