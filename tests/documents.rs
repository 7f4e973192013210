//! `replication-lab check` on documents: what they embed is found, run, and told with the document's file and line.
#![cfg(not(target_arch = "wasm32"))]

use std::path::PathBuf;
use std::process::Command;

const SERVER: &str = "duration = \"1s\"\n[[node]]\nname = \"db1\"\n";

/// A folder of documents that is gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Folder {
        let folder = std::env::temp_dir().join(format!("replication-lab-docs-{name}-{}", std::process::id()));
        for (file, text) in files {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Folder(folder)
    }

    /// The exit code, standard output's lines, standard error's lines.
    fn check(&self, arguments: &[&str]) -> (i32, Vec<String>, Vec<String>) {
        let mut lab = Command::new(env!("CARGO_BIN_EXE_replication-lab"));
        let output = lab.arg("check").args(arguments).current_dir(&self.0).output().unwrap();
        let lines = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().lines().map(str::to_owned).collect();
        (output.status.code().unwrap(), lines(&output.stdout), lines(&output.stderr))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_documents_embed_is_run() {
    let expecting = |what: &str| format!("{SERVER}[[expect]]\nthat = \"{what}\"\n");
    let inline = format!(
        "# Title\n\n<replication-lab height=\"300\">\n\n<script type=\"application/toml\">\n{}</script>\n\n</replication-lab>\n",
        expecting("nodes.count == 2")
    );
    let folder = Folder::new(
        "run",
        &[
            ("docs/guide/a.md", "<replication-lab scenario=\"asynchronous-loss\"></replication-lab>\n"),
            (
                "docs/guide/b.mdx",
                "<replication-lab scenario=\"../one.toml\" />\n\n<replication-lab scenario={name} />\n",
            ),
            ("docs/guide/c.md", &inline.replace('\n', "\r\n")),
            ("docs/guide/d.html", "<p>\n<replication-lab scenario='/top.toml?v=1'></replication-lab>"),
            ("docs/one.toml", &expecting("nodes.count == 1")),
            ("docs/book.toml", "[book]\ntitle = \"another program's\"\n"),
            ("docs/package.json", "{\"name\": \"another program's\"}"),
            ("docs/node_modules/x.html", "<replication-lab scenario=nothing></replication-lab>"),
            ("docs/prose.md", "```html\n<replication-lab scenario=\"nothing\"></replication-lab>\n```\n"),
            ("static/top.toml", &expecting("nodes.count == 1")),
        ],
    );
    let (code, out, err) = folder.check(&["docs"]);
    assert_eq!((code, err), (1, vec![]), "{out:#?}");
    assert!(out[0].starts_with("ok    docs/guide/a.md:1 asynchronous-loss ("), "{out:#?}");
    assert_eq!(
        out[1..],
        [
            "ok    docs/guide/b.mdx:1 ../one.toml (1 expectation)",
            "skip  docs/guide/b.mdx:3",
            "      note: which scenario it is, only the page's program knows",
            "FAIL  docs/guide/c.md:3 (1 of 1 expectation)",
            "      docs/guide/c.md:10: at 1000 ms: nodes.count == 2 does not hold; it is 1",
            "ok    docs/guide/d.html:2 /top.toml?v=1 (1 expectation)",
            "ok    docs/one.toml (1 expectation)",
            "4 passed, 1 failed",
        ]
    );
    // A document may be named, too.
    assert_eq!(folder.check(&["docs/guide/d.html"]).0, 0);
    let (code, _, err) = folder.check(&["docs/prose.md"]);
    assert_eq!((code, err), (2, vec!["docs/prose.md: embeds no scenario".to_owned()]));
    let (_, out, _) = folder.check(&["docs/guide/c.md", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out.join("\n")).unwrap();
    let case = &json["cases"][0];
    assert_eq!((&case["place"], &case["verdict"]), (&"docs/guide/c.md:3".into(), &"failed".into()));
    assert_eq!(case["conditions"][0]["place"], "docs/guide/c.md:10");
}

#[test]
fn what_cannot_be_used_is_told_with_the_documents_line() {
    let folder = Folder::new(
        "unusable",
        &[
            ("a.md", "text\n\n<replication-lab scenario=\"asynchronous-los\">\n</replication-lab>\n"),
            (
                "b.html",
                "<replication-lab>\n<script type='application/toml'>\n[[node]]\nnam = \"db1\"\n</script></replication-lab>",
            ),
            (
                "c.html",
                "<replication-lab>\n<script type='application/json'>\n{\n\"node\": [}\n</script></replication-lab>",
            ),
            (
                "d.html",
                "\n<replication-lab></replication-lab>\n<replication-lab\n\nscenario='gone.toml'></replication-lab>",
            ),
            ("e.mdx", "<replication-lab scenario=\"x\">\n"),
            ("f.html", "<replication-lab scenario='bad.toml'></replication-lab>"),
            ("bad.toml", "[[node]]\nname = 5\n"),
            ("g.html", "<replication-lab scenario='https://example.org/x.toml'></replication-lab>"),
        ],
    );
    let words = "<replication-lab scenario='one.toml'\n theme='sepia'\n instruments='lag' data-x=1></replication-lab>";
    std::fs::write(folder.0.join("i.html"), words).unwrap();
    std::fs::write(folder.0.join("h.md"), b"replication-lab\n\xff").unwrap();
    let (code, out, err) = folder.check(&["."]);
    assert_eq!((code, out.last().map(String::as_str)), (2, Some("0 passed, 10 failed")), "{out:#?}");
    assert!(out.contains(&"skip  ./g.html:1 https://example.org/x.toml".to_owned()), "{out:#?}");
    for wanted in [
        "./a.md:3: there is no scenario \"asynchronous-los\" in the library; did you mean \"asynchronous-loss\"?",
        "./b.html:4: node[0].nam: unknown key; did you mean \"name\"?",
        "./d.html:5: there is no file gone.toml beside the document",
        "./f.html:1: what it shows cannot be used",
        "./bad.toml:2: node[0].name: must be a name, not a whole number",
        "./h.md:2: is not UTF-8 text",
        "./i.html:2: theme=\"sepia\" must be one of auto, light, dark",
        "./i.html:3: instruments is no attribute of <replication-lab>; did you mean \"instrument\"?",
    ] {
        assert!(err.iter().any(|line| line.starts_with(wanted)), "{wanted}\n{err:#?}");
    }
    for wanted in ["./c.html:4: ", "./d.html:2: shows no scenario", "./e.mdx:"] {
        assert!(err.iter().any(|line| line.starts_with(wanted)), "{wanted}\n{err:#?}");
    }
}

#[test]
fn this_project_s_documents_hold() {
    let root = env!("CARGO_MANIFEST_DIR");
    for folder in ["docs", "README.md"] {
        let mut lab = Command::new(env!("CARGO_BIN_EXE_replication-lab"));
        let output = lab.args(["check", folder]).current_dir(root).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        // Until a document embeds something there is nothing to hold, which is said.
        let nothing = err.contains("embeds no scenario") || err.contains("no document that embeds a scenario");
        assert!(output.status.success() || nothing, "{folder}: {}{err}", String::from_utf8_lossy(&output.stdout));
    }
}

/// The demo article: its figures hold, and its posters are those of its scenarios. `BLESS=1` draws them anew.
#[test]
fn the_demo_article_s_figures_and_posters_are_true() {
    let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("www/pages");
    let run = |arguments: &[&str]| {
        let mut lab = Command::new(env!("CARGO_BIN_EXE_replication-lab"));
        lab.args(arguments).current_dir(&pages).output().unwrap()
    };
    let output = run(&["check", "demo.html"]);
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && out.ends_with("3 passed, 0 failed\n"), "{out}");
    let article = std::fs::read_to_string(pages.join("demo.html")).unwrap();
    let inline =
        article.split("<script type=\"application/toml\">").nth(1).and_then(|rest| rest.split("</script>").next());
    let file = std::env::temp_dir().join(format!("replication-lab-demo-{}.toml", std::process::id()));
    std::fs::write(&file, inline.unwrap()).unwrap();
    let inline = file.display().to_string();
    for (poster, scenario) in [
        ("steady-asynchronous", "steady-asynchronous"),
        ("asynchronous-loss", "asynchronous-loss"),
        ("distant-standby", inline.as_str()),
    ] {
        let drawn = String::from_utf8(run(&["poster", scenario]).stdout).unwrap();
        let path = pages.join("posters").join(format!("{poster}.svg"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &drawn).unwrap();
        }
        assert!(
            drawn.starts_with("<svg ") && std::fs::read_to_string(&path).unwrap() == drawn,
            "BLESS=1 draws {poster} anew"
        );
    }
    std::fs::remove_file(&file).unwrap();
}
