//! The demo article and the page for frames: what a reader of documentation gets.

use browser_tests::{Folder, prelude::*};
use xtask::static_site::StaticSite;

const WATCH: &str = "window.shifts = [];
    new PerformanceObserver(list => list.getEntries().forEach(one => shifts.push(one.value)))
        .observe({ type: 'layout-shift', buffered: true });";

/// How long the page's main thread had something to do since the page was opened, in seconds.
async fn seconds_of_tasks(lab: &Lab) -> WebDriverResult<f64> {
    let metrics = lab.devtools("Performance.getMetrics", json!({})).await?;
    let mut all = metrics["metrics"].as_array().into_iter().flatten();
    let found = all.find(|one| one["name"] == "TaskDuration").and_then(|one| one["value"].as_f64());
    Ok(found.expect("Chromium says how long its tasks took"))
}

/// Nothing moves while the page loads, its main thread is free, and nobody is shut out.
#[test]
fn the_article_is_light() {
    run("the_article_is_light", async |lab| {
        // So low that the first figure, which is wanted 300 pixels before it is seen, is not wanted yet.
        lab.viewport(1024, 100).await?;
        lab.before_scripts(WATCH).await?;
        // The time that the thread had, the least of three loads: neither depends much on what else the machine does.
        lab.devtools("Performance.enable", json!({ "timeDomain": "threadTicks" })).await?;
        let mut busy = f64::INFINITY;
        for _ in 0..3 {
            lab.goto("demo.html").await?;
            lab.until("the element is there", "return !!customElements.get('replication-lab')").await?;
            busy = busy.min(seconds_of_tasks(lab).await?);
        }
        // The figures are below: none has begun.
        let states = "return [...document.querySelectorAll('replication-lab')].map(one => one.state)";
        assert_eq!(lab.js(states).await?, json!(["idle", "idle", "idle"]));
        assert_eq!(lab.js("return shifts").await?, json!([]));
        assert!((0.001..0.2).contains(&busy), "the main thread was busy for {busy} s");
        let heights = "return [...document.querySelectorAll('replication-lab')].map(one => one.offsetHeight)";
        assert_eq!(lab.js(heights).await?, json!([640, 640, 640]));
        let barriers = lab.barriers().await?;
        assert!(barriers.is_empty(), "{barriers:#?}");
        lab.viewport(390, 100).await?;
        assert_eq!(lab.js("return document.documentElement.scrollWidth").await?, json!(390));
        let barriers = lab.barriers().await?;
        assert!(barriers.is_empty(), "{barriers:#?}");
        Ok(())
    });
}

/// Rows of a list that grows do move: the second figure, whose reader starts it, has one and is not asked.
#[test]
fn nothing_moves_inside_a_running_figure_either() {
    run("nothing_moves_inside_a_running_figure_either", async |lab| {
        lab.before_scripts(WATCH).await?;
        for (width, height) in [(1024, 768), (390, 844)] {
            lab.viewport(width, height).await?;
            lab.goto("demo.html").await?;
            for at in [0, 2] {
                let one = format!("document.querySelectorAll('replication-lab')[{at}]");
                // Each comes to its trouble: at 3 s the third one's standby stops answering.
                lab.js(&format!("{one}.speed = '500ms'; {one}.scrollIntoView({{ block: 'center' }})")).await?;
                lab.until("the figure has run", &format!("return {one}.now > 4000")).await?;
                assert_eq!(lab.js("return shifts").await?, json!([]), "figure {at} at {width}");
            }
        }
        Ok(())
    });
}

#[test]
fn its_figures_run_and_print_as_posters() {
    run("its_figures_run_and_print_as_posters", async |lab| {
        lab.viewport(1024, 768).await?;
        lab.goto("demo.html").await?;
        for (at, press) in [(0, ""), (1, "one.play();"), (2, "")] {
            let script =
                format!("const one = document.querySelectorAll('replication-lab')[{at}]; one.scrollIntoView();{press}");
            lab.js(&script).await?;
            let runs = format!("return document.querySelectorAll('replication-lab')[{at}].state === 'running'");
            lab.until("the figure runs", &runs).await?;
        }
        lab.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await?;
        let shown = "return [...document.querySelectorAll('replication-lab img')].map(one => one.checkVisibility() && one.offsetWidth > 500)";
        assert_eq!(lab.js(shown).await?, json!([true, true, true]));
        Ok(())
    });
}

#[test]
fn without_scripts_there_are_posters() {
    run("without_scripts_there_are_posters", async |lab| {
        lab.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await?;
        lab.goto("demo.html").await?;
        let pictures = lab.driver.find_all(By::Css("replication-lab img")).await?;
        assert_eq!(pictures.len(), 3);
        for picture in pictures {
            assert!(picture.is_displayed().await? && picture.rect().await?.height >= 400.0);
        }
        Ok(())
    });
}

const PARENT: &str = "<!doctype html><title>A page with a frame</title><link rel=\"icon\" href=\"data:,\">
    <iframe class=\"replication-lab\" title=\"A laboratory\" width=\"800\" height=\"100\"
        src=\"embed.html?scenario=asynchronous-loss&height=480&origin=ORIGIN&id=a\"></iframe>
    <script src=\"embed-parent.js\"></script><script src=\"parent.js\"></script>";

/// The frame says how high it is; whoever it was told to trust may ask it for something, and hears of events.
#[test]
fn a_frame_is_as_high_as_its_figure_and_hears_whom_it_may() {
    let folder = Folder::new("frame-site");
    let copy = folder.copy_dist("lab");
    std::fs::write(
        copy.join("parent.js"),
        "window.heard = []; addEventListener('message', ({ data }) => heard.push(data));",
    )
    .unwrap();
    let site = StaticSite::start(folder.path(), 0).unwrap();
    std::fs::write(copy.join("parent.html"), PARENT.replace("ORIGIN", &site.url())).unwrap();
    std::fs::write(copy.join("stranger.html"), PARENT.replace("ORIGIN", "http://stranger.example")).unwrap();
    run_on(&site, "a_frame_is_as_high_as_its_figure", async |lab| {
        let say = |what: &str| format!("document.querySelector('iframe').contentWindow.postMessage({what}, '*')");
        lab.goto("lab/parent.html").await?;
        lab.until("it runs", "return heard.some(one => one.type === 'rl-ready' && one.id === 'a')").await?;
        assert_eq!(lab.js("return document.querySelector('iframe').height").await?, json!("480"));
        lab.js(&say("{ target: 'replication-lab', type: 'pause' }")).await?;
        lab.js(&say("{ target: 'replication-lab', type: 'seek', ms: 4000 }")).await?;
        let inside = "document.querySelector('iframe').contentDocument.querySelector('replication-lab')";
        lab.until("it was heard", &format!("return !{inside}.playing && {inside}.now === 4000")).await?;
        // Without the right address nothing is heard, and nothing but the height is told.
        lab.goto("lab/stranger.html").await?;
        lab.until("it runs", &format!("return {inside}?.state === 'running'")).await?;
        lab.js(&say("{ target: 'replication-lab', type: 'seek', ms: 4000 }")).await?;
        lab.until("time passes", &format!("return {inside}.now > 50")).await?;
        assert_eq!(lab.js(&format!("return {inside}.now < 4000")).await?, json!(true));
        assert_eq!(
            lab.js("return heard.filter(one => one.source === 'replication-lab' && one.type !== 'height')").await?,
            json!([])
        );
        Ok(())
    });
}

#[test]
fn a_frame_fetches_from_no_other_host() {
    run("a_frame_fetches_from_no_other_host", async |lab| {
        lab.goto("embed.html?scenario=https://stranger.example/x.toml").await?;
        let attribute = "return document.querySelector('replication-lab')?.getAttribute('scenario') === null";
        lab.until("the scenario is not taken", attribute).await?;
        Ok(())
    });
}
