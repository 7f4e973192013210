//! `examples/`, as `cargo xtask test --only examples` has built them: each figure runs.

use browser_tests::prelude::*;
use xtask::project::Project;
use xtask::static_site::StaticSite;

/// Generators' pages have scripts and styles inside them. No other host is asked all the same.
const POLICY: &str = "default-src 'self' data: 'unsafe-inline' 'wasm-unsafe-eval'";

/// Opens a page of an example and waits for its first figure.
fn figure_runs(example: &str, site_folder: &str, page: &str) {
    let folder = Project::of_sources().root().join("target/examples").join(example).join(site_folder);
    let site = StaticSite::start_with_policy(&folder, 0, POLICY).unwrap();
    run_on(&site, &format!("example_{example}"), async |lab| {
        lab.goto(page).await?;
        lab.until("the figure runs", "return document.querySelector('replication-lab')?.state === 'running'").await?;
        let size = "const box = document.querySelector('replication-lab').getBoundingClientRect(); return [box.width > 300, box.height >= 400]";
        assert_eq!(lab.js(size).await?, json!([true, true]));
        lab.until("time passes", "return document.querySelector('replication-lab').now > 0").await?;
        // Themes want what is not there, as a picture for the tab.
        lab.console_errors().await?;
        Ok(())
    });
}

#[test]
#[ignore = "cargo xtask test --only examples builds them"]
fn plain_html() {
    figure_runs("plain-html", "", "");
}

#[test]
#[ignore = "cargo xtask test --only examples builds them"]
fn mdbook() {
    figure_runs("mdbook", "book", "figure.html");
}

#[test]
#[ignore = "cargo xtask test --only examples builds them"]
fn mkdocs() {
    figure_runs("mkdocs", "site", "");
}

#[test]
#[ignore = "cargo xtask test --only examples builds them"]
fn reveal() {
    figure_runs("reveal", "", "#/1");
}

#[test]
#[ignore = "cargo xtask test --only examples builds them"]
fn react() {
    figure_runs("react", "dist", "");
}

#[test]
#[ignore = "cargo xtask test --only examples builds them"]
fn vite() {
    figure_runs("vite", "dist", "");
}

/// A site that changes its pages without loading them: a figure goes with its page, and another comes with another.
#[test]
#[ignore = "cargo xtask test --only examples builds them"]
fn docusaurus() {
    figure_runs("docusaurus", "build", "");
    let folder = Project::of_sources().root().join("target/examples/docusaurus/build");
    let site = StaticSite::start_with_policy(&folder, 0, POLICY).unwrap();
    run_on(&site, "example_docusaurus_pages", async |lab| {
        lab.goto("").await?;
        let runs = "const [one, more] = document.querySelectorAll('replication-lab'); return !more && one?.state === 'running'";
        lab.until("the figure runs", runs).await?;
        lab.js("globalThis.here = true; document.querySelector('main a[href=\"/own\"]').click()").await?;
        lab.until("the other page is there", "return location.pathname === '/own'").await?;
        lab.until("its figure runs", runs).await?;
        lab.js("globalThis.count = async () => globalThis.labs = (await document.querySelector('replication-lab').constructor.instances())[0].labs").await?;
        lab.until("the first is gone", "count(); return globalThis.labs === 1").await?;
        assert_eq!(lab.js("return globalThis.here").await?, json!(true), "no page was loaded");
        lab.console_errors().await?;
        Ok(())
    });
}
