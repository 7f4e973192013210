//! Which SQLite this is: its release, and every compile-time option that can change what a statement does.

use rusqlite::Connection;

/// Options that name the machine and not the database: the compiler, threads, the operating system, memory.
const ABOUT_THE_MACHINE: [&str; 8] = [
    "ATOMIC_INTRINSICS=",
    "COMPILER=",
    "HAVE_ISNAN",
    "MAX_MMAP_SIZE=",
    "MUTEX_",
    "OS_OTHER",
    "SYSTEM_MALLOC",
    "THREADSAFE=",
];

/// What both targets must say, line by line.
const AGREED: &str = include_str!("../sqlite_options.txt");

/// Fails when this build's SQLite differs from `tests/sqlite_options.txt`.
pub fn assert_as_agreed() {
    let agreed: Vec<&str> = AGREED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let actual = actual();
    assert!(
        agreed == actual,
        "this SQLite is not the one of tests/sqlite_options.txt (flags: .cargo/config.toml; source: `cargo xtask`):\n{}",
        actual.join("\n")
    );
}

fn actual() -> Vec<String> {
    let database = Connection::open_in_memory().expect("a database in memory opens");
    let mut statement = database.prepare("PRAGMA compile_options").expect("SQLite tells its options");
    let options = statement.query_map([], |row| row.get::<_, String>(0)).expect("it lists them");
    let mut options: Vec<String> = options
        .map(|option| option.expect("an option is a text"))
        .filter(|option| !ABOUT_THE_MACHINE.iter().any(|machine| option.starts_with(machine)))
        .collect();
    options.sort();
    options.insert(0, format!("SQLite {}", rusqlite::version()));
    options
}
