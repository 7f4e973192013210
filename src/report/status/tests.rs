use super::*;
use crate::engine::storage::Value;

fn outcome(columns: &[&str], rows: Vec<Vec<Value>>) -> Outcome {
    Outcome { columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows, ..Outcome::default() }
}

fn printed(outcome: &Outcome, flavor: Flavor, layout: Layout) -> String {
    Printed { outcome, flavor, layout }.to_string()
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
