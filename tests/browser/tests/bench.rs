//! What the page costs the main thread. Timed, so it decides nothing: `cargo xtask bench` runs it on the built page.

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
