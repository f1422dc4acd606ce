//! Help, and the two commands that need neither broker nor database.

use crate::Desk;

#[test]
fn every_command_explains_itself_with_an_example() {
    let desk = Desk::new();
    for command in [
        "",
        "provision",
        "doctor",
        "submit",
        "watch",
        "dead-letters",
        "dead-letters list",
        "dead-letters replay",
        "classify",
        "deadline",
        "deadline explain",
        "deadline verify",
    ] {
        let ran = desk.run(&command.split_whitespace().chain(["--help"]).collect::<Vec<_>>());
        assert_eq!(ran.code, Some(0), "{command}");
        assert!(ran.out.contains(&format!("Example: gridline {command}")), "{command}: {}", ran.out);
    }
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let desk = Desk::new();
    for wrong in [
        "",
        "heal",
        "provision --replicas 0",
        "submit",
        "submit a.jsonl --source a.b",
        "deadline",
        "deadline --in a.csv",
        "deadline verify",
        "deadline verify 17 --all",
        "deadline explain 17 --lang fr",
        "dead-letters replay --service intake",
        "dead-letters replay --service intake 17",
        "dead-letters list --service nobody",
    ] {
        let ran = desk.run(&wrong.split_whitespace().collect::<Vec<_>>());
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{wrong}");
    }
}

/// Over the Spring Festival of 2026: 02-15 to 02-23 are holidays, Saturdays 02-14 and 02-28 are worked.
#[test]
fn deadlines_follow_the_calendar_and_rows_stay_as_they_are() {
    let desk = Desk::new();
    let rows = [
        ("1,2026-02-13 16:00,coordination,\"a, b\"", "2026-02-27T23:59:59+08:00"),
        ("2,2026-02-13 16:00:30,simple,", "2026-02-13T18:00:30+08:00"),
        ("3,2026-02-13T08:00:00Z,key-difficult,x", "2026-03-12T23:59:59+08:00"),
        ("4,2026-02-13T23:30:00+08:00,simple,", "2026-02-14T01:30:00+08:00"),
        ("5,2026-02-14T10:00,coordination,", "2026-02-28T23:59:59+08:00"),
    ];
    let input: Vec<&str> = rows.iter().map(|(row, _)| *row).collect();
    let expected: Vec<String> = rows.iter().map(|(row, due)| format!("{row},{due}\n")).collect();
    // as Excel writes it: byte order mark, CRLF
    desk.write("in.csv", format!("\u{feff}n,received,class,note\r\n{}\r\n", input.join("\r\n")));
    let ran = desk.run(&["deadline", "--in", "in.csv", "--out", "out.csv"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), "5 rows\n"));
    assert_eq!(desk.read("out.csv"), format!("n,received,class,note,due\n{}", expected.concat()));
}

#[test]
fn deadlines_go_through_a_pipe_too() {
    let desk = Desk::new();
    let ran = desk.run_with_input(&["deadline", "--in", "-", "--out", "-"], "class,received\nsimple,2026-11-22 09:00\n");
    assert_eq!(ran.code, Some(0));
    assert_eq!(ran.out, "class,received,due\nsimple,2026-11-22 09:00,2026-11-22T11:00:00+08:00\n");
}

#[test]
fn days_beyond_the_published_calendar_are_told() {
    let desk = Desk::new();
    desk.write("in.csv", "received,class\n2026-12-30 09:00,coordination\n");
    let ran = desk.run(&["deadline", "--in", "in.csv", "--out", "-"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.contains("1 rows count days beyond the published calendar (through 2026-12-31)"), "{}", ran.err);
}

#[test]
fn wrong_rows_are_told_by_line_and_column_and_nothing_is_written() {
    let desk = Desk::new();
    desk.write("out.csv", "of yesterday");
    let wrong = [
        ("2026-02-13 16:61,simple", "line 2, column received: takes RFC 3339"),
        ("2026-02-13,simple", "line 3, column received: takes RFC 3339"),
        (",simple", "line 4, column received: takes RFC 3339"),
        ("1969-12-31 09:00,simple", "line 5, column received: the instant is outside the years 1970 to 9999"),
        ("2026-02-13 16:00,hard", "line 6, column class: takes one of simple, coordination, key-difficult"),
        ("2026-02-13 16:00", "line 7: has 1 columns, the first line has 2"),
    ];
    let rows: Vec<&str> = wrong.iter().map(|(row, _)| *row).collect();
    desk.write("in.csv", format!("received,class\n{}\n2026-02-13 16:00,simple\n", rows.join("\n")));
    let ran = desk.run(&["deadline", "--in", "in.csv", "--out", "out.csv"]);
    assert_eq!(ran.code, Some(1));
    for (_, told) in wrong {
        assert!(ran.err.contains(told), "{told}: {}", ran.err);
    }
    assert!(ran.err.ends_with("6 wrong rows; nothing was written\n"), "{}", ran.err);
    assert_eq!(desk.read("out.csv"), "of yesterday");
    let left: Vec<_> = std::fs::read_dir(desk.dir.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "only in.csv and out.csv: {left:?}");
}

#[test]
fn files_that_can_not_be_read_are_one_sentence() {
    let desk = Desk::new();
    desk.write("empty", "");
    desk.write("no-columns", "2026-02-13 16:00,simple\n");
    desk.write("due-taken", "received,class,due\n");
    desk.write("gbk", b"received,class\n\xc1\xb7,simple\n");
    for (command, file, told) in [
        ("deadline", "missing", "missing 打不开 / can't be opened"),
        ("deadline", ".", ". 是文件夹 / is a folder"),
        ("deadline", "empty", "line 1: there is no column `received`"),
        ("deadline", "no-columns", "line 1: there is no column `received`"),
        ("deadline", "due-taken", "line 1: there is a column `due` already"),
        ("deadline", "gbk", "line 2: not UTF-8 text"),
        ("classify", "missing", "missing 打不开 / can't be opened"),
        ("classify", "gbk", "line 1: "),
    ] {
        let ran = desk.run(&[command, "--in", file, "--out", "out"]);
        assert_eq!(ran.code, Some(1), "{command} {file}: {}", ran.err);
        assert!(ran.err.contains(told), "{command} {file}: {}", ran.err);
        assert!(!desk.path("out").exists());
    }
    let ran = desk.run(&["deadline", "--in", "no-columns", "--out", "nowhere/out"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("nowhere/out 写不了 / can't be written"), "{}", ran.err);
}

#[test]
fn reports_are_classified_line_by_line_or_not_at_all() {
    let desk = Desk::new();
    let light = r#"{"id": "A", "text": "桃树下社区门口的路灯不亮", "l1": "label"}"#;
    desk.write("good.jsonl", format!("{light}\n\n{}", light.replace("\"A\"", "\"B\"")));
    let ran = desk.run(&["classify", "--in", "good.jsonl", "--out", "out.jsonl"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let written = desk.read("out.jsonl");
    let verdicts: Vec<serde_json::Value> = written.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(verdicts.iter().map(|v| &v["id"]).collect::<Vec<_>>(), ["A", "B"]);
    for field in ["id", "category", "l1", "class", "nature", "lead", "others", "urgent", "also", "route_division", "reasons"] {
        assert!(verdicts[0].get(field).is_some(), "{field}");
    }
    desk.write("bad.jsonl", format!("{light}\n{{\"id\": 1}}\n"));
    let ran = desk.run(&["classify", "--in", "bad.jsonl", "--out", "out.jsonl"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("line 2: "), "{}", ran.err);
    assert_eq!(desk.read("out.jsonl"), written, "the old verdicts stay");
}
