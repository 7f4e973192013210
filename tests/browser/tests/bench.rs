//! What the page costs the main thread, and how fast it sweeps. Timed, so it decides nothing: `cargo xtask bench` runs it on the built page.

use std::time::Duration;

use browser_tests::prelude::*;

const SCENE: &str = include_str!("../../../benches/nine-servers.toml");

/// Stretches that are measured, and how long each lasts.
const STRETCHES: usize = 5;
const STRETCH: Duration = Duration::from_secs(4);

async fn task_seconds(lab: &Lab) -> WebDriverResult<f64> {
    let metrics = lab.devtools("Performance.getMetrics", json!({})).await?;
    let all = metrics["metrics"].as_array().cloned().unwrap_or_default();
    let task = all.iter().find(|metric| metric["name"] == "TaskDuration");
    Ok(task.and_then(|metric| metric["value"].as_f64()).unwrap_or_default())
}

#[test]
#[ignore = "timed: `cargo xtask bench` runs it"]
fn main_thread_time_with_nine_servers() {
    run("main_thread_time_with_nine_servers", async |lab| {
        lab.open("").await?;
        lab.find("[aria-label^='db1,']").await?;
        lab.js(&format!(
            "const dt = new DataTransfer();
             dt.items.add(new File([{}], 'nine-servers.toml'));
             for (const kind of ['dragover', 'drop'])
                 document.body.dispatchEvent(new DragEvent(kind, {{ dataTransfer: dt, bubbles: true, cancelable: true }}));",
            json!(SCENE)
        ))
        .await?;
        lab.find("[aria-label^='db9,']").await?;
        lab.devtools("Performance.enable", json!({})).await?;
        for instrument in ["Tables", "Events", "Sequence"] {
            lab.js(&format!(
                "[...document.querySelectorAll('[role=tab]')].find(t => t.textContent.startsWith('{instrument}'))?.click();
                 document.querySelector(\"button[aria-label='Play']\")?.click()"
            ))
            .await?;
            lab.find("button[aria-label='Pause']").await?;
            tokio::time::sleep(Duration::from_secs(6)).await;
            let mut figures = Vec::new();
            for _ in 0..STRETCHES {
                let (began, before) = (std::time::Instant::now(), task_seconds(lab).await?);
                tokio::time::sleep(STRETCH).await;
                let busy = task_seconds(lab).await? - before;
                figures.push((busy * 1_000.0 / began.elapsed().as_secs_f64()).round() as u64);
            }
            figures.sort_unstable();
            let pace = lab.js("return document.querySelector(\"select[aria-label^='One second']\")?.selectedOptions[0]?.textContent").await?;
            let median = figures[STRETCHES / 2];
            println!(
                "main thread, nine servers, {instrument} open, one second is {pace}: {median} ms a second (median of {figures:?})"
            );
        }
        lab.screenshot("bench-nine-servers").await?;
        Ok(())
    });
}

/// Seeds of a sweep, and how often it is run.
const SEEDS: usize = 200;
const SWEEPS: usize = 3;

#[test]
#[ignore = "timed: `cargo xtask bench` runs it"]
fn seeds_a_second_of_a_sweep() {
    run("seeds_a_second_of_a_sweep", async |lab| {
        lab.open("?lang=en#scenario=failover-asynchronous-loss").await?;
        lab.until_text(".subject", "Automatic failover").await?;
        lab.js("[...document.querySelectorAll('.header .button')].find(b => b.textContent === 'Sweep').click()")
            .await?;
        lab.find(".sweep-form").await?;
        // The scenario has its own failure. From the click to the last seed, as the page shows it.
        lab.js(&format!(
            "const set = (field, value, kind) => {{
                 field.value = value;
                 field.dispatchEvent(new Event(kind, {{ bubbles: true }}));
             }};
             set(document.querySelector('.sweep-form .is-faults select'), 'none', 'change');
             set(document.querySelector('.sweep-form input[type=number]'), '{SEEDS}', 'input');"
        ))
        .await?;
        let mut rates = Vec::new();
        let mut words = json!(null);
        for _ in 0..SWEEPS {
            lab.until(
                "it can begin",
                "const go = document.querySelector('.sweep-go button');
                 if (go.ariaDisabled === 'true') return false;
                 const began = performance.now();
                 window.took = null;
                 go.click();
                 let begun = false;
                 const look = () => {
                     const bar = document.querySelector('.sweep-progress progress');
                     const going = document.querySelector('.sweep-go button').ariaDisabled === 'true';
                     begun ||= going;
                     if (begun && !going && bar.value === bar.max) window.took = performance.now() - began;
                     else requestAnimationFrame(look);
                 };
                 look();
                 return true",
            )
            .await?;
            // It takes as long as it takes; a page that fails says so.
            let took_ms = loop {
                tokio::time::sleep(Duration::from_millis(200)).await;
                if let Some(took) = lab.js("return window.took").await?.as_f64() {
                    break took;
                }
                let wrong = lab.js("return document.querySelector('.sweep [role=alert], .crash')?.textContent").await?;
                assert_eq!(wrong, json!(null));
            };
            rates.push((SEEDS as f64 * 1_000.0 / took_ms).round() as u64);
            words = lab.js("return document.querySelector('.sweep-progress p').textContent").await?;
        }
        rates.sort_unstable();
        println!(
            "sweep on the page, failover-asynchronous-loss (14 s of the cluster), {SEEDS} seeds: {} seeds a second \
             (median of {rates:?}); the last as the page says it: {words}",
            rates[SWEEPS / 2]
        );
        Ok(())
    });
}
