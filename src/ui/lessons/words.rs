//! What is waited for, in words, where a lesson does not say it itself.

use crate::engine::time::SimTime;
use crate::scenario::lesson::Wanted;
use crate::t;
use crate::ui::words::clock;

pub(super) fn of(wanted: &Wanted) -> String {
    match wanted {
        Wanted::Do(action, words) => t!("lessons.want.do", what = format!("{action} {}", words.join(" ")).trim_end()),
        Wanted::Sql { begins, .. } => t!("lessons.want.sql", what = begins),
        Wanted::Play => t!("lessons.want.play").to_owned(),
        Wanted::Pause => t!("lessons.want.pause").to_owned(),
        Wanted::Seek => t!("lessons.want.seek").to_owned(),
        Wanted::Back => t!("lessons.want.back").to_owned(),
        Wanted::Tab(key) => t!("lessons.want.tab", what = key),
        Wanted::Time(us) => t!("lessons.want.time", at = clock(SimTime(*us))),
        Wanted::Pass(us) => t!("lessons.want.pass", time = crate::scenario::show_duration(*us)),
        Wanted::Finding => t!("lessons.want.finding").to_owned(),
    }
}
