//! Posters of every scenario in the library, and of hostile ones.

use super::*;
use crate::engine::time::SimTime;
use crate::sim::Run;

fn scenario(text: &str) -> Scenario {
    Scenario::parse(text, crate::scenario::Format::of(text), "test").unwrap_or_else(|problems| panic!("{problems}"))
}

fn drawn(scenario: &Scenario, at_ms: u64, (w, h): (f64, f64)) -> (String, Size) {
    let mut run = Run::new(scenario.setup.clone(), scenario.schedule.clone(), ()).unwrap();
    run.run_until(SimTime(at_ms * 1000));
    let view = run.world().view();
    Poster { scenario, view: &view, room: Size { w, h } }.draw()
}

/// Reads it as XML and holds it to what every poster promises.
fn held<'a>(svg: &'a str, what: &str) -> roxmltree::Document<'a> {
    let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{what}: {error}\n{svg}"));
    let prefix =
        document.root_element().attribute("aria-labelledby").unwrap().split("title").next().unwrap().to_owned();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        let known = ["svg", "title", "desc", "style", "g", "rect", "path", "circle", "text"];
        assert!(known.contains(&name), "{what}: <{name}>");
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(
                !name.starts_with("on") && !name.contains("href") && !value.contains("url("),
                "{what}: {name}={value}"
            );
            if matches!(name, "id" | "class") {
                assert!(value.split(' ').all(|one| one.starts_with(&prefix)), "{what}: {name}={value}");
            }
            assert!(!value.contains("NaN") && !value.contains("inf"), "{what}: {name}={value}");
        }
    }
    let child = |name: &str| {
        let child =
            document.root_element().children().find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", name)));
        child.and_then(|child| child.text()).unwrap_or_default().to_owned()
    };
    assert!(!child("title").is_empty() && child("desc").ends_with('.'), "{what}");
    let style = child("style");
    assert!(
        !style.contains('<') && !style.contains("@import") && style.contains("prefers-color-scheme:dark"),
        "{what}"
    );
    document
}

#[test]
fn every_scenario_of_the_library_has_a_poster() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let scenario = scenario(&std::fs::read_to_string(&path).unwrap());
        for (at, room) in [(0, (860.0, 420.0)), (1000, (390.0, 420.0))] {
            let (svg, size) = drawn(&scenario, at, room);
            let document = held(&svg, &format!("{} at {at}", path.display()));
            assert!(size.w >= room.0 && size.h >= room.1.min(300.0) && svg.len() < 60_000, "{size:?} {}", svg.len());
            let words: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
            for node in &scenario.setup.nodes {
                assert!(words.iter().any(|text| text.contains(&*node.name)), "{}: {}", path.display(), node.name);
            }
        }
        count += 1;
    }
    assert!(count > 40, "only {count}");
}

#[test]
fn nothing_that_a_scenario_says_becomes_markup() {
    let title = r#"</title><script>alert(1)</script> & "quotes" 'more' ]]> <!-- \u0001 \uFFFF \u202E 𝕏 "#;
    let json = serde_json::json!({
        "title": title.to_owned() + &"long ".repeat(20),
        "node": [{"name": "db1"}],
        "settings": {"synchronous_standby_names": "\"</desc><svg onload=x>\""},
        "client": [{"name": "app", "writes_per_second": 10}],
    });
    let (svg, _) = drawn(&scenario(&json.to_string()), 500, (860.0, 300.0));
    let document = held(&svg, "hostile");
    let text = document.root_element().first_element_child().and_then(|title| title.text()).unwrap_or_default();
    assert!(text.starts_with("</title><script>"), "{text}");
}

#[test]
fn two_posters_in_one_page_do_not_meet() {
    let one = scenario("[[node]]\nname = \"db1\"");
    let other = scenario("[[node]]\nname = \"db2\"");
    let prefix = |svg: &str| svg.split("aria-labelledby=\"").nth(1).map(|rest| rest[..12].to_owned());
    let (a, b, later) =
        (drawn(&one, 0, (400.0, 300.0)).0, drawn(&other, 0, (400.0, 300.0)).0, drawn(&one, 9, (400.0, 300.0)).0);
    assert_ne!(prefix(&a), prefix(&b));
    assert_ne!(prefix(&a), prefix(&later));
    assert_eq!(a, drawn(&one, 0, (400.0, 300.0)).0);
}

#[test]
fn the_summary_says_who_there_is_and_what_is_set() {
    let scenario = scenario(
        "title = \"T\"\n[settings]\nsynchronous_standby_names = \"db2\"\n[[node]]\nname = \"db1\"\n[[node]]\nname = \"db2\"\n\
         [[node]]\nname = \"db3\"\nupstream = \"db2\"\n[proxy]\n[[client]]\nname = \"app\"\nwrites_per_second = 20\n",
    );
    let mut run = Run::new(scenario.setup.clone(), scenario.schedule.clone(), ()).unwrap();
    run.run_until(SimTime(1_500_000));
    assert_eq!(
        summary(&scenario, &run.world().view()),
        "A PostgreSQL cluster, after 1.5 s. 3 servers: db1 (primary), db2 (sync of db1) and db3 (async of db2). Replication is \
         synchronous to 1 of 2 replicas, and asynchronous to the others. Client through a proxy: app (20 writes per second). Settings: \
         synchronous_standby_names = 'db2'."
    );
}

/// The page's colours are in its style sheet; a poster has them once more.
#[test]
fn colours_are_those_of_the_page() {
    let css = include_str!("../../../www/style.css");
    for (name, light, dark) in paint::all() {
        // Mixed ones are made in the style sheet.
        if !matches!(name, "lease-soft" | "warning-light" | "trouble-light") {
            assert!(
                css.contains(&format!("--{name}: {light};")) && css.contains(&format!("--{name}: {dark};")),
                "{name}"
            );
        }
    }
}
