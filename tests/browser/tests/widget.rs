//! `<replication-lab>` in other people's pages, under the strictest policy that it is made for.

use std::path::Path;

use browser_tests::{Folder, Lab, dist, prelude::*};
use xtask::static_site::StaticSite;

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:";

/// A site with the pages of `pages/` and the widget beside them.
fn site(name: &str, policy: &str) -> (Folder, StaticSite) {
    let folder = Folder::new(name);
    copy(&dist().join("widget"), &folder.path().join("widget"));
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("pages"), folder.path());
    let site = StaticSite::start_with_policy(folder.path(), 0, policy).unwrap();
    (folder, site)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What every script here may use.
const HELP: &str = "
    globalThis.all = () => [...document.querySelectorAll('replication-lab')];
    globalThis.figure = document.querySelector('replication-lab');
    globalThis.inside = (selector, one = figure) => one.shadowRoot.querySelector(selector);
    globalThis.errors ??= (addEventListener('rl-error', ({ target, detail }) => errors.push([target.id, detail])), []);";

async fn open(lab: &Lab, page: &str) -> WebDriverResult<()> {
    lab.goto(page).await?;
    lab.js(HELP).await?;
    Ok(())
}

async fn open_one(lab: &Lab) -> WebDriverResult<()> {
    open(lab, "one.html").await?;
    lab.until("the figure runs", "return figure.state === 'running' && figure.playing && figure.now > 0").await
}

#[test]
fn ten_figures_run_under_a_strict_policy_and_those_out_of_view_rest() {
    let (_folder, site) = site("ten-figures", POLICY);
    run_on(&site, "ten_figures_run_under_a_strict_policy", async |lab| {
        open(lab, "ten.html").await?;
        lab.until("the first runs", "return all()[0].now > 0").await?;
        assert_eq!(lab.js("return all()[9].state").await?, json!("idle"), "it is far from the view");
        for index in 0..10 {
            lab.js(&format!("all()[{index}].scrollIntoView()")).await?;
            lab.until("it runs when it is seen", &format!("return all()[{index}].now > 0")).await?;
        }
        lab.js("scrollTo(0, document.body.scrollHeight)").await?;
        lab.until("the last goes on", "const at = globalThis.at ??= all()[9].now; return all()[9].now > at").await?;
        lab.js("globalThis.first = all()[0].now").await?;
        lab.until("the last goes on", "const at = globalThis.then ??= all()[9].now; return all()[9].now > at").await?;
        assert_eq!(lab.js("return all()[0].now === first").await?, json!(true), "the first is out of view");
        assert_eq!(lab.js("return all()[0].playing").await?, json!(true), "it only rests");
        lab.js("scrollTo(0, 0)").await?;
        lab.until("the first goes on", "return all()[0].now > first").await?;

        let doubled = "const ids = all().flatMap(one => [...one.shadowRoot.querySelectorAll('[id]')].map(e => e.id))
            .filter(id => !id.startsWith('explain-'));
            return ids.length > 50 ? ids.filter((id, at) => ids.indexOf(id) !== at) : ['there are hardly any']";
        assert_eq!(lab.js(doubled).await?, json!([]));
        let elsewhere = "return performance.getEntriesByType('resource').map(one => one.name)
            .filter(name => !name.startsWith(location.origin) && !name.startsWith('data:'))";
        assert_eq!(lab.js(elsewhere).await?, json!([]));
        let modules =
            "return performance.getEntriesByType('resource').filter(one => one.name.includes('lab.wasm')).length";
        assert_eq!(lab.js(modules).await?, json!(1), "the module is loaded once for all");
        assert_eq!(
            lab.js("return localStorage.length + sessionStorage.length + document.cookie.length").await?,
            json!(0)
        );
        assert_eq!(lab.js("return document.querySelectorAll('[style]').length").await?, json!(0), "nothing leaks out");
        Ok(())
    });
}

#[test]
fn a_figure_that_is_removed_leaves_nothing() {
    let (_folder, site) = site("removed-figures", POLICY);
    run_on(&site, "a_figure_that_is_removed_leaves_nothing", async |lab| {
        open_one(lab).await?;
        // Each time the run goes to the same instant and is drawn there, so that each time wants the same memory.
        lab.js("globalThis.again = async (times) => {
                globalThis.done = false;
                const main = document.querySelector('main');
                const frame = () => new Promise(requestAnimationFrame);
                for (let i = 0; i < times; i++) {
                    figure.remove();
                    while ((await figure.constructor.instances())[0].labs > 0) await frame();
                    main.append(figure);
                    figure.scrollIntoView();
                    await figure.seek(1000);
                    await frame();
                    await frame();
                }
                globalThis.done = (await figure.constructor.instances())[0];
            }")
            .await?;
        let mut kept = Vec::new();
        for _ in 0..20 {
            lab.js("globalThis.ended = again(10)").await?;
            lab.until("it was put back", "return globalThis.done").await?;
            assert_eq!(lab.js("return done.labs").await?, json!(1));
            lab.devtools("HeapProfiler.collectGarbage", json!({})).await?;
            let counters = lab.devtools("Memory.getDOMCounters", json!({})).await?;
            kept.push((lab.js("return done.bytes").await?, counters["jsEventListeners"].clone()));
        }
        let from_the_20th = kept.split_off(1);
        assert!(
            from_the_20th.iter().all(|one| *one == from_the_20th[0]),
            "bytes and listeners after each ten removals, from the 20th: {from_the_20th:?}"
        );
        Ok(())
    });
}

#[test]
fn a_low_figure_has_nothing_over_its_cards() {
    let (_folder, site) = site("low-figure", POLICY);
    run_on(&site, "a_low_figure_has_nothing_over_its_cards", async |lab| {
        open_one(lab).await?;
        lab.js("figure.height = 200").await?;
        lab.until(
            "every card and what it is told with have a place of their own",
            "const place = e => e.getBoundingClientRect();
             const board = inside('.board'), cards = [...figure.shadowRoot.querySelectorAll('.card-body')];
             const over = inside('.headline'), legend = inside('.legend');
             return place(figure).height === 200 && cards.length > 2 && place(over).height > 0
                 && place(over).bottom <= place(board).top + 1 && place(legend).height === 0
                 && cards.every(card => place(card).top >= place(board).top)",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn a_figure_that_is_moved_goes_on() {
    let (_folder, site) = site("moved-figure", POLICY);
    run_on(&site, "a_figure_that_is_moved_goes_on", async |lab| {
        open_one(lab).await?;
        lab.js("globalThis.before = figure.now; globalThis.root = inside('.rl');
                document.getElementById('elsewhere').append(figure); figure.scrollIntoView()")
            .await?;
        lab.until("it goes on", "return figure.state === 'running' && figure.now > before + 20").await?;
        // Timers keep their order: this one is set after that which would take a removed figure away.
        lab.js("setTimeout(() => globalThis.late = figure.now, 1000)").await?;
        lab.until("a removed one would be gone", "return globalThis.late").await?;
        lab.until("it still goes on", "return figure.state === 'running' && figure.now > late").await?;
        assert_eq!(lab.js("return inside('.rl') === root && root.isConnected").await?, json!(true));
        Ok(())
    });
}

#[test]
fn a_figure_follows_the_pages_theme() {
    let (_folder, site) = site("themed-figure", POLICY);
    run_on(&site, "a_figure_follows_the_pages_theme", async |lab| {
        open_one(lab).await?;
        let theme = "return inside('.rl').dataset.theme";
        assert_eq!(lab.js(theme).await?, json!("light"));
        for (how, dark) in [
            ("document.documentElement.classList.add('dark')", true),
            ("document.documentElement.classList.remove('dark')", false),
            ("document.documentElement.dataset.theme = 'dark'", true),
            ("document.documentElement.dataset.theme = 'light'", false),
            ("document.body.dataset.mdColorScheme = 'slate'", true),
            ("delete document.body.dataset.mdColorScheme; delete document.documentElement.dataset.theme", false),
            ("figure.theme = 'dark'", true),
            ("figure.theme = 'auto'", false),
        ] {
            lab.js(how).await?;
            let wanted = if dark { "dark" } else { "light" };
            lab.until(how, &format!("return inside('.rl').dataset.theme === '{wanted}'")).await?;
        }
        assert_eq!(lab.js("return figure.getAttribute('theme')").await?, json!("auto"), "properties are attributes");
        Ok(())
    });
}

#[test]
fn keys_are_a_figures_only_while_it_has_the_focus() {
    let (_folder, site) = site("figure-keys", POLICY);
    run_on(&site, "keys_are_a_figures_only_while_it_has_the_focus", async |lab| {
        open_one(lab).await?;
        lab.js("document.getElementById('before').focus()").await?;
        let keys = async |text: &str| lab.driver.action_chain().send_keys(text).perform().await;
        keys(",").await?;
        assert_eq!(lab.js("return figure.playing").await?, json!(true), "the page's key");
        keys("\u{e004}").await?;
        lab.until("the focus is inside", "return document.activeElement === figure").await?;
        keys(".").await?;
        lab.until("a step stops time", "return !figure.playing").await?;
        // Backwards out, and forwards through all of it.
        lab.driver.action_chain().key_down(Key::Shift).send_keys("\u{e004}").key_up(Key::Shift).perform().await?;
        lab.until("the focus has left", "return document.activeElement.id === 'before'").await?;
        for _ in 0..120 {
            keys("\u{e004}").await?;
            if lab.js("return document.activeElement.id").await? == json!("after") {
                return Ok(());
            }
        }
        panic!("the focus never comes out of the figure");
    });
}

#[test]
fn what_a_page_can_do() {
    let (_folder, site) = site("figure-methods", POLICY);
    run_on(&site, "what_a_page_can_do", async |lab| {
        open_one(lab).await?;
        lab.js("globalThis.heard = []; figure.addEventListener('rl-event', e => heard.push(e.detail.text));
                globalThis.broken = []; figure.addEventListener('rl-violation', e => broken.push(e.detail.kind));
                globalThis.answer = undefined;
                (async () => {
                    await figure.pause();
                    await figure.seek(1500);
                    const at = figure.now;
                    const found = await figure.step('acknowledgement');
                    await figure.inject({ crash: 'db1' });
                    const refused = await figure.inject({ crash: 'db9' }).catch(error => error.message);
                    const wrong = await figure.step('noon').catch(error => error.message);
                    const link = await figure.link();
                    const report = await figure.report();
                    return { at, found, refused, wrong, link: link.slice(0, 5), nodes: report.nodes.length };
                })().then(a => answer = a, error => answer = String(error.stack))")
            .await?;
        lab.until("all of it is done", "return answer").await?;
        let answer = lab.js("return answer").await?;
        assert_eq!(answer["at"], json!(1500), "{answer}");
        assert_eq!(
            (&answer["found"], &answer["link"], &answer["nodes"]),
            (&json!(true), &json!("#run="), &json!(3)),
            "{answer}"
        );
        assert!(answer["refused"].as_str().unwrap().contains("db9"), "{answer}");
        assert!(answer["wrong"].as_str().unwrap().contains("acknowledgement"), "{answer}");
        lab.until("the crash is told", "return heard.some(text => text.includes('db1'))").await?;
        lab.js("figure.load('failover-asynchronous-loss').then(() => figure.speed = '10s')").await?;
        lab.until("another run began", "return figure.state === 'running' && figure.now > 6000").await?;
        lab.until("what was lost is told", "return broken.includes('lost_write')").await?;
        Ok(())
    });
}

#[test]
fn a_panic_ends_one_figure_and_the_others_go_on() {
    let (_folder, site) = site("panicking-figure", POLICY);
    run_on(&site, "a_panic_ends_one_figure_and_the_others_go_on", async |lab| {
        open(lab, "ten.html").await?;
        lab.js("all()[0].speed = '500ms'; all()[0].height = all()[1].height = 200").await?;
        lab.until("two run", "return all()[0].now > 200 && all()[1].now > 100").await?;
        lab.js("all()[1].inject({ crash: 'db3' })").await?;
        lab.until("the deed is kept", "return all()[1].now > 200").await?;
        lab.js("globalThis.before = [all()[0].now, all()[1].now]; all()[0].panicForTest()").await?;
        lab.until("one has stopped", "return all()[0].state === 'crashed'").await?;
        assert_eq!(lab.js("return errors.map(([, detail]) => detail.code)").await?, json!(["panic"]));
        let text = "return all()[0].shadowRoot.querySelector('[role=alert]').textContent";
        assert!(lab.js(text).await?.as_str().unwrap().contains("a test asked for a panic"));
        lab.until("the other goes on", "return all()[1].state === 'running' && all()[1].now > before[1]").await?;
        lab.js("globalThis.report = undefined; all()[1].report().then(one => report = one)").await?;
        lab.until("its report is there", "return report").await?;
        assert_eq!(lab.js("return report.nodes.find(one => one.name === 'db3').state").await?, json!("down"));
        assert_eq!(lab.js("return all()[1].playing").await?, json!(true));
        // The one at fault goes on from where it was.
        lab.js("all()[0].shadowRoot.querySelector('[role=alert] button').click()").await?;
        lab.until("it runs again", "return all()[0].state === 'running' && all()[0].now >= before[0]").await?;
        let instances = "globalThis.left = undefined; all()[0].constructor.instances().then(some => left = some)";
        lab.js(instances).await?;
        lab.until("instances are counted", "return left").await?;
        assert_eq!(lab.js("return left.length").await?, json!(1), "the old instance is gone");
        // The panic itself is in the console.
        lab.console_errors().await?;
        Ok(())
    });
}

/// What ends without a word: the figure at fault is found all the same, and the others go on.
#[test]
fn a_full_stack_and_a_full_memory_end_one_figure_too() {
    let (_folder, site) = site("trapped-figure", POLICY);
    run_on(&site, "a_full_stack_and_a_full_memory_end_one_figure_too", async |lab| {
        open(lab, "ten.html").await?;
        lab.js("all()[0].height = all()[1].height = 200").await?;
        for how in ["stack", "memory"] {
            lab.until("two run", "return all()[0].now > 50 && all()[1].now > 50").await?;
            let doom = format!(
                "globalThis.before = all()[1].now; errors.length = 0; all()[0].panicForTest('{how}').catch(() => {{}})"
            );
            lab.js(&doom).await?;
            lab.until(how, "return all()[0].state === 'crashed'").await?;
            assert_eq!(lab.js("return errors.map(([, detail]) => detail.code)").await?, json!(["panic"]), "{how}");
            lab.until("the other goes on", "return all()[1].state === 'running' && all()[1].now > before").await?;
            lab.js("all()[0].shadowRoot.querySelector('[role=alert] button').click()").await?;
            lab.until("it runs again", "return all()[0].state === 'running'").await?;
        }
        lab.console_errors().await?;
        Ok(())
    });
}

#[test]
fn each_figure_speaks_the_language_around_it() {
    let (_folder, site) = site("figures-languages", POLICY);
    run_on(&site, "each_figure_speaks_the_language_around_it", async |lab| {
        open(lab, "languages.html").await?;
        let says = async |figure: usize, words: &str| {
            let script = format!(
                "return all()[{figure}].state === 'running' && inside('.is-play', all()[{figure}])?.ariaLabel === '{words}'"
            );
            lab.until(&format!("figure {figure} says {words}"), &script).await
        };
        says(0, "Pause").await?;
        says(1, "Anhalten").await?;
        lab.until("both run", "return all().every(one => one.now > 20)").await?;
        // A page that changes its language: the runs go on where they were, with what was done to them.
        lab.js("globalThis.ready = 0; addEventListener('rl-ready', () => ready++);
                all()[0].inject({ crash: 'db3' }).then(() => globalThis.deed = true)")
            .await?;
        lab.until("the deed is done", "return globalThis.deed").await?;
        lab.js("globalThis.before = all()[0].now; document.documentElement.lang = 'de'").await?;
        says(0, "Anhalten").await?;
        // To a microsecond: the engine knows no parts of one.
        assert_eq!(lab.js("return [ready, all()[0].now >= before - 0.001]").await?, json!([1, true]));
        lab.js("all()[0].report().then(one => globalThis.report = one)").await?;
        lab.until("its report is there", "return globalThis.report").await?;
        assert_eq!(lab.js("return report.nodes.find(one => one.name === 'db3').state").await?, json!("down"));
        lab.js("all()[1].lang = 'en'").await?;
        says(1, "Pause").await?;
        Ok(())
    });
}

/// A figure without the instrument that shows it offers no way to it.
#[test]
fn a_menu_offers_what_its_figure_can_show() {
    let (_folder, site) = site("figure-menu", POLICY);
    run_on(&site, "a_menu_offers_what_its_figure_can_show", async |lab| {
        open_one(lab).await?;
        for (attributes, there) in [
            ("", false),
            ("figure.instrument = 'status'", true),
            ("figure.instrument = 'lag'; figure.controls = 'full'", true),
        ] {
            lab.js(attributes).await?;
            let shown = match attributes {
                "" => "return !!inside('.instruments.is-alone')",
                "figure.instrument = 'status'" => "return !!inside('.status-text')",
                _ => "return !!inside('.instruments [role=tab]')",
            };
            lab.until("it has its instrument", shown).await?;
            lab.js("inside('.card-button[aria-label^=db1]').focus()").await?;
            lab.driver.action_chain().send_keys(Key::Enter).perform().await?;
            lab.until("its menu is open", "return !!inside('.menu [role=menuitem]')").await?;
            let items = lab
                .js("return [...inside('.menu').querySelectorAll('[role=menuitem]')].map(one => one.textContent)")
                .await?;
            let offered = items.as_array().unwrap().iter().any(|item| item.as_str().unwrap().starts_with("Status"));
            assert_eq!(offered, there, "{attributes}: {items}");
            lab.driver.action_chain().send_keys(Key::Escape).perform().await?;
            lab.until("its menu is closed", "return !inside('.menu')").await?;
        }
        Ok(())
    });
}

#[test]
fn what_is_wrong_is_said_inside_the_figure() {
    let (_folder, site) = site("wrong-figures", POLICY);
    run_on(&site, "what_is_wrong_is_said_inside_the_figure", async |lab| {
        open(lab, "wrong.html").await?;
        let said = async |id: &str, words: &str| {
            let text =
                format!("document.getElementById('{id}').shadowRoot.querySelector('.say:not([hidden])')?.textContent");
            lab.js(&format!("document.getElementById('{id}').scrollIntoView()")).await?;
            lab.until(&format!("{id} says {words}"), &format!("return {text}?.includes({})", json!(words))).await
        };
        said("attribute", "did you mean \"sequence\"?").await?;
        said("attribute", "height=\"12\" must be a number of pixels from 160 to 2000").await?;
        said("unknown", "Did you mean “asynchronous-loss”?").await?;
        said("address", "the server answers 404").await?;
        said("none", "names no scenario").await?;
        said("inline", "name").await?;
        said("inline", "4").await?;
        assert_eq!(lab.js("return document.getElementById('attribute').offsetHeight").await?, json!(420));
        lab.console_errors().await?;
        Ok(())
    });
}

/// Opens the page with one figure where it cannot run, and returns the code and the words that it gives.
fn failure(name: &str, policy: &str, spoil: impl Fn(&Path), before: &str) -> (String, String) {
    let (folder, site) = site(name, policy);
    spoil(&folder.path().join("widget"));
    let found = std::cell::RefCell::new((String::new(), String::new()));
    run_on(&site, name, async |lab| {
        if !before.is_empty() {
            lab.before_scripts(before).await?;
        }
        lab.before_scripts(
            "globalThis.errors = []; addEventListener('rl-error', e => errors.push([e.target.id, e.detail]))",
        )
        .await?;
        open(lab, "one.html").await?;
        lab.until("it has failed", "return errors.length && figure.state === 'failed'").await?;
        let code = lab.js("return errors[0][1].code").await?;
        let text = lab.js("return inside('[role=alert]').textContent").await?;
        *found.borrow_mut() = (code.as_str().unwrap().to_owned(), text.as_str().unwrap().to_owned());
        assert_eq!(
            lab.js("return document.querySelector('img').checkVisibility()").await?,
            json!(true),
            "the poster stays"
        );
        lab.console_errors().await?;
        Ok(())
    });
    found.into_inner()
}

#[test]
fn each_failure_has_its_own_words() {
    let nothing = |_: &Path| {};
    let (code, text) = failure("figure-without-policy", "default-src 'self'; img-src 'self' data:", nothing, "");
    assert_eq!(code, "csp");
    assert!(text.contains("'wasm-unsafe-eval'"), "{text}");
    let (code, text) = failure("figure-without-wasm", POLICY, nothing, "delete globalThis.WebAssembly");
    assert_eq!(code, "no-webassembly");
    assert!(text.contains("has no WebAssembly"), "{text}");
    let gone = |widget: &Path| std::fs::remove_file(widget.join("lab.wasm")).unwrap();
    let (code, text) = failure("figure-without-module", POLICY, gone, "");
    assert_eq!(code, "missing");
    assert!(text.contains("404") && text.contains("lab.wasm"), "{text}");
    let page = |widget: &Path| std::fs::write(widget.join("lab.wasm"), "<!doctype html>").unwrap();
    let (code, _) = failure("figure-with-a-page", POLICY, page, "");
    assert_eq!(code, "broken");
    let without = |widget: &Path| std::fs::remove_file(widget.join("lab.js")).unwrap();
    let (code, text) = failure("figure-without-glue", POLICY, without, "");
    assert_eq!(code, "missing");
    assert!(text.contains("lab.js"), "{text}");
}

#[test]
fn a_wrong_type_is_no_hindrance() {
    let (_folder, site) = site("figure-type", POLICY);
    run_on(&site, "a_wrong_type_is_no_hindrance", async |lab| {
        lab.before_scripts(
            "const real = fetch; globalThis.fetch = async (...all) => {
                const answer = await real(...all);
                return String(all[0]).includes('lab.wasm')
                    ? new Response(answer.body, { headers: { 'Content-Type': 'application/octet-stream' } }) : answer;
            }",
        )
        .await?;
        open_one(lab).await?;
        Ok(())
    });
}

#[test]
fn a_poster_holds_the_place_before_and_in_print() {
    let (_folder, site) = site("figure-poster", POLICY);
    run_on(&site, "a_poster_holds_the_place_before_and_in_print", async |lab| {
        open_one(lab).await?;
        let shown = "return [document.querySelector('img').checkVisibility(), inside('.rl').checkVisibility()]";
        assert_eq!(lab.js(shown).await?, json!([false, true]));
        lab.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await?;
        assert_eq!(lab.js(shown).await?, json!([true, false]));
        lab.devtools("Emulation.setEmulatedMedia", json!({ "media": "" })).await?;
        // Without JavaScript the light DOM is all that there is, and the page's own rule keeps the height.
        lab.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await?;
        lab.goto("one.html").await?;
        let rect = lab.find("replication-lab").await?.rect().await?;
        assert_eq!(rect.height, 420.0);
        assert!(lab.find("img").await?.is_displayed().await?);
        lab.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": false })).await?;
        Ok(())
    });
}

#[test]
fn figures_have_no_barriers() {
    let (_folder, site) = site("figure-barriers", POLICY);
    run_on(&site, "figures_have_no_barriers", async |lab| {
        open_one(lab).await?;
        for theme in ["light", "dark"] {
            lab.js(&format!("figure.theme = '{theme}'; return figure.pause()")).await?;
            lab.until("it has its colours", &format!("return inside('.rl').dataset.theme === '{theme}'")).await?;
            let found = lab.barriers().await?;
            assert!(found.is_empty(), "{theme}:\n{}", found.join("\n"));
        }
        // Two with the same parts: what is a landmark must have a name that no other has.
        lab.js("globalThis.other = figure.cloneNode(true); other.id = 'other'; document.querySelector('main').append(other);
                other.scrollIntoView(); return other.pause()")
            .await?;
        for instrument in ["sequence", "logs", "tables", "lag", "ledger", "findings", "events", "status"] {
            lab.js(&format!("for (const one of all()) one.instrument = '{instrument}'")).await?;
            let shown = format!(
                "return all().every(one => inside('.instruments', one)?.id && inside('.instrument', one)?.firstElementChild
                    && one.shadowRoot.querySelector('.instruments').ariaLabel === all()[0].shadowRoot.querySelector('.instruments').ariaLabel
                    && one.instrument === '{instrument}')"
            );
            lab.until("both show it", &shown).await?;
            let found = lab.barriers().await?;
            assert!(found.is_empty(), "{instrument}:\n{}", found.join("\n"));
        }
        Ok(())
    });
}
