use super::*;
use crate::engine::storage::Value;

fn outcome(columns: &[&str], rows: Vec<Vec<Value>>) -> Outcome {
    Outcome { columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows, ..Outcome::default() }
}

fn printed(outcome: &Outcome, flavor: Flavor, layout: Layout) -> String {
    Printed { outcome, flavor, layout, least: &[] }.to_string()
}

/// Each of these was printed by psql 15.18.
#[test]
fn tables_are_psqls() {
    let values = outcome(
        &["a", "b", "c", "m", "neg"],
        vec![vec![1.into(), Value::Null, "x".into(), "a\nb".into(), (-3).into()]],
    );
    assert_eq!(
        printed(&values, Flavor::Postgresql, Layout::Table),
        " a | b | c | m | neg \n---+---+---+---+-----\n 1 |   | x | a+|  -3\n   |   |   | b |    \n(1 row)"
    );
    let nothing = outcome(&["?column?"], Vec::new());
    assert_eq!(printed(&nothing, Flavor::Postgresql, Layout::Table), " ?column? \n----------\n(0 rows)");
    assert_eq!(printed(&nothing, Flavor::Postgresql, Layout::Expanded), "(0 rows)");
    let two = outcome(&["a", "mm"], vec![vec![1.into(), "m1\nm2".into()], vec![2.into(), "x".into()]]);
    assert_eq!(
        printed(&two, Flavor::Postgresql, Layout::Expanded),
        "-[ RECORD 1 ]\na  | 1\nmm | m1+\n   | m2\n-[ RECORD 2 ]\na  | 2\nmm | x\n"
    );
    let wide = outcome(&["application_name"], vec![vec!["db2, which has a long name".into()]]);
    assert_eq!(
        printed(&wide, Flavor::Postgresql, Layout::Expanded),
        "-[ RECORD 1 ]----+---------------------------\napplication_name | db2, which has a long name\n"
    );
}

#[test]
fn tables_are_mysqls() {
    let values = outcome(&["id", "value"], vec![vec![1.into(), Value::Null], vec![12.into(), "x".into()]]);
    assert_eq!(
        printed(&values, Flavor::Mysql, Layout::Table),
        "+----+-------+\n| id | value |\n+----+-------+\n|  1 | NULL  |\n| 12 | x     |\n+----+-------+\n2 rows in set (0.00 sec)"
    );
    assert_eq!(printed(&outcome(&["a"], Vec::new()), Flavor::Mysql, Layout::Table), "Empty set (0.00 sec)");
    assert!(printed(&values, Flavor::Mysql, Layout::Expanded).contains("   id: 12\nvalue: x\n"));
}

#[test]
fn a_column_does_not_grow_narrower() {
    let mut least = Vec::new();
    for (value, line) in [("longer than that", " longer than that | x"), ("short", " short            | x")] {
        let outcome = outcome(&["a", "b"], vec![vec![value.into(), "x".into()]]);
        let printed = Printed { outcome: &outcome, flavor: Flavor::Postgresql, layout: Layout::Table, least: &least };
        assert_eq!(printed.to_string().lines().nth(2), Some(line));
        least = printed.widths();
    }
}

#[test]
fn a_cluster_is_a_file_and_what_a_server_has_alone_is_another() {
    let text = r#"
[settings]
synchronous_standby_names = "ANY 1 (db2, db3)"
wal_keep_size = "64MB"
[[node]]
name = "db1"
[[node]]
name = "db2"
settings = { recovery_min_apply_delay = "5s", wal_keep_size = "0" }
"#;
    let source = crate::scenario::Source { origin: String::new(), text: text.to_owned(), overrides: Vec::new() };
    let world = World::new(&source.scenario().expect("it is sound").setup).expect("it can be run");
    assert_eq!(
        configuration(&world),
        "# postgresql.conf: every server\n\
         wal_keep_size = 64MB\n\
         synchronous_standby_names = 'ANY 1 (db2, db3)'\n\
         \n\
         # postgresql.conf: db2 alone\n\
         wal_keep_size = 0\n\
         recovery_min_apply_delay = 5s\n"
    );
}
