//! How the page starts, and what it says when it cannot.

use browser_tests::{Folder, prelude::*};
use xtask::static_site::StaticSite;

#[test]
fn the_page_opens() {
    run("the_page_opens", async |lab| {
        lab.open("").await?;
        assert_eq!(lab.driver.title().await?, "Replication Lab");
        lab.find("#app > *").await?;
        Ok(())
    });
}

#[test]
fn the_page_works_in_any_folder() {
    let folder = Folder::new("any-folder-site");
    folder.copy_dist("docs/some folder");
    let site = StaticSite::start(folder.path(), 0).unwrap();
    run_on(&site, "the_page_works_in_any_folder", async |lab| {
        lab.open("docs/some%20folder/").await?;
        lab.find("#app > *").await?;
        Ok(())
    });
}

#[test]
fn a_missing_module_is_explained() {
    let folder = Folder::new("missing-module-site");
    let copy = folder.copy_dist("lab");
    for entry in std::fs::read_dir(copy).unwrap().flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "wasm") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let site = StaticSite::start(folder.path(), 0).unwrap();
    run_on(&site, "a_missing_module_is_explained", async |lab| {
        lab.goto("lab/").await?;
        lab.until_text("#boot [role=alert]", "the server answers 404").await?;
        // The browser itself logs the failed request.
        lab.console_errors().await?;
        Ok(())
    });
}

#[test]
fn missing_webassembly_is_explained() {
    run("missing_webassembly_is_explained", async |lab| {
        lab.before_scripts("delete globalThis.WebAssembly").await?;
        lab.goto("").await?;
        lab.until_text("#boot [role=alert]", "This browser has no WebAssembly").await?;
        Ok(())
    });
}

#[test]
fn blocked_webassembly_is_explained() {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'";
    let site = StaticSite::start_with_policy(&browser_tests::dist(), 0, policy).unwrap();
    run_on(&site, "blocked_webassembly_is_explained", async |lab| {
        lab.goto("").await?;
        lab.until_text("#boot [role=alert]", "WebAssembly is blocked on this page").await?;
        lab.console_errors().await?;
        Ok(())
    });
}
