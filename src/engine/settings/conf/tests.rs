use proptest::prelude::*;

use super::*;

fn pairs(file: &File) -> Vec<(usize, &str, &str)> {
    file.entries.iter().map(|entry| (entry.line, entry.name, entry.value.as_str())).collect()
}

fn texts(remarks: &[Remark]) -> Vec<(usize, &str)> {
    remarks.iter().map(|remark| (remark.line, remark.text.as_str())).collect()
}

#[test]
fn a_postgresql_file_is_read_as_the_server_reads_it() {
    let file = read(
        "# comment\n\
         wal_keep_size = 64MB   # behind\n\
         Synchronous_Commit remote_apply\n\
         synchronous_standby_names='FIRST 1 (\"it''s\", db\\1632)'\n\
         \t\n\
         wal_keep_size '1GB'\n\
         shared_buffers = 128MB\n\
         include 'more.conf'\n\
         checkpoint_timeout = 1s\n\
         wal_segment_size = 1MB\n\
         hot_standby\n\
         hot_standby = on off\n\
         = 5\n\
         synchronous_standby_names = 'db2\n\
         wal_writer_delay = \n\
         wal_keep_size = 1.5GB\n\
         synchronous_standby_names = a-b.c:d/e\n\
         wal_keep_size = 64 MB\n\
         wal_keep_size == 64\n\
         synchronous_standby_names = ''x\n",
        Flavor::Postgresql,
    );
    assert_eq!(
        pairs(&file),
        [
            (3, "synchronous_commit", "remote_apply"),
            (4, "synchronous_standby_names", "FIRST 1 (\"it's\", dbs2)"),
            (6, "wal_keep_size", "1GB"),
        ]
    );
    assert_eq!(
        texts(&file.others),
        [(8, "include 'more.conf': files that others include are not modelled"), (7, "shared_buffers is not modelled")]
    );
    assert_eq!(
        texts(&file.problems),
        [
            (9, "1 s is outside the valid range for parameter \"checkpoint_timeout\" (30 .. 86400)"),
            (10, "parameter \"wal_segment_size\" cannot be changed"),
            (11, "syntax error in file \"postgresql.conf\" line 11, near end of line"),
            (12, "syntax error in file \"postgresql.conf\" line 12, near token \"off\""),
            (13, "syntax error in file \"postgresql.conf\" line 13, near token \"=\""),
            (14, "syntax error in file \"postgresql.conf\" line 14, near token \"'\""),
            (15, "syntax error in file \"postgresql.conf\" line 15, near end of line"),
            (16, "syntax error in file \"postgresql.conf\" line 16, near token \"GB\""),
            (
                17,
                "invalid value for parameter \"synchronous_standby_names\": \"a-b.c:d/e\"; DETAIL: syntax error at or near \"-\""
            ),
            (18, "syntax error in file \"postgresql.conf\" line 18, near token \"MB\""),
            (19, "syntax error in file \"postgresql.conf\" line 19, near token \"=\""),
            (20, "syntax error in file \"postgresql.conf\" line 20, near token \"x\""),
        ]
    );
}

#[test]
fn a_mysql_file_is_read_as_the_server_reads_it() {
    let file = read(
        "; comment\n\
         sync_binlog = 1\n\
         [client]\n\
         port = 3306\n\
         [mysqld]\n\
         rpl-semi-sync-source-enabled\n\
         loose_rpl_semi_sync_source_timeout = 2000 # behind\n\
         skip-read-only\n\
         binlog-format = 'MIXED'\n\
         max_binlog_size = 16K\n\
         sync_binlog\n\
         innodb_buffer_pool_size = 1G\n\
         source_delay = 5\n\
         rpl_semi_sync_source_wait_point = sometimes\n\
         !includedir /etc/mysql/conf.d\n\
         [broken\n",
        Flavor::Mysql,
    );
    assert_eq!(
        pairs(&file),
        [
            (6, "rpl_semi_sync_source_enabled", "ON"),
            (7, "rpl_semi_sync_source_timeout", "2000"),
            (8, "read_only", "OFF"),
            (9, "binlog_format", "MIXED"),
            (10, "max_binlog_size", "16K"),
        ]
    );
    let others: Vec<usize> = file.others.iter().map(|other| other.line).collect();
    assert_eq!(others, [4, 15, 12]);
    let problems: Vec<usize> = file.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(problems, [2, 11, 13, 14, 16]);
    assert_eq!(file.problems[1].text, "option '--sync-binlog' requires an argument");
}

/// Settings that a text of names and values, most of them sound, leads to.
fn some_settings(flavor: Flavor) -> impl Strategy<Value = Settings> {
    let names: Vec<&'static str> = registry(flavor).iter().map(|spec| spec.name).collect();
    let value = prop_oneof![
        any::<i32>().prop_map(|number| number.to_string()),
        "[a-z_]{0,12}",
        (0_u16..100).prop_map(|number| format!("{number}MB")),
        (0_u16..100).prop_map(|number| format!("{number}s")),
        "(FIRST|ANY) [1-3] \\((db[1-4], )?\"[a-z'\\\\# ]{1,6}\"\\)",
        prop_oneof![Just("on"), Just("off"), Just("MIXED"), Just("remote_write"), Just("AFTER_COMMIT")]
            .prop_map(str::to_owned),
    ];
    proptest::collection::vec((proptest::sample::select(names), value), 0..40).prop_map(move |pairs| {
        let mut settings = Settings::defaults(flavor);
        for (name, value) in pairs {
            let _ = settings.set(name, &value);
        }
        settings
    })
}

fn printing_and_reading_gives_the_same(settings: &Settings) -> Result<(), TestCaseError> {
    let flavor = settings.flavor();
    let defaults = Settings::defaults(flavor);
    let text = write(settings, &defaults);
    let head = if flavor == Flavor::Mysql { "[mysqld]\n" } else { "" };
    let file = read(&format!("{head}{text}"), flavor);
    prop_assert!(file.problems.is_empty() && file.others.is_empty(), "{text}{file:?}");
    let mut again = defaults.clone();
    for entry in &file.entries {
        again.set(entry.name, &entry.value).map_err(|error| TestCaseError::fail(error.to_string()))?;
    }
    for spec in registry(flavor).iter().filter(|s| !matches!(s.context, Context::Creation | Context::ChangeSource)) {
        prop_assert_eq!(spec.read(&again), spec.read(settings), "{}", text);
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", lines in proptest::collection::vec("[a-z_'\\\\#=\\[\\]!; -]{0,20}", 0..9)) {
        for flavor in [Flavor::Postgresql, Flavor::Mysql] {
            let _ = read(&text, flavor);
            let _ = read(&format!("[mysqld]\n{}", lines.join("\n")), flavor);
        }
    }

    #[test]
    fn what_is_printed_for_postgresql_reads_the_same(settings in some_settings(Flavor::Postgresql)) {
        printing_and_reading_gives_the_same(&settings)?;
    }

    #[test]
    fn what_is_printed_for_mysql_reads_the_same(settings in some_settings(Flavor::Mysql)) {
        printing_and_reading_gives_the_same(&settings)?;
    }
}
