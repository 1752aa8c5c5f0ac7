//! Why a flow got its class, on the command line, and what each column is worth, on flows that are made up here.

mod support;

use support::{Trained, fail, succeed, text, train};

/// The lines below the head of the table, as cells.
fn reasons(printed: &str) -> Vec<Vec<String>> {
    let lines = printed
        .lines()
        .skip_while(|line| !line.starts_with("  column "));
    lines
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| {
            let cells = line.split("  ").map(str::trim);
            cells
                .filter(|cell| !cell.is_empty())
                .map(str::to_owned)
                .collect()
        })
        .collect()
}

fn figure(text: &str) -> f64 {
    text.replace('−', "-").parse().expect(text)
}

/// Checks that explanations of the first rows name the class and the cells, and add up in this unit.
fn check_explained(trained: &Trained, unit: &str, says: &str) {
    let flows = std::fs::read_to_string(&trained.flows).expect("text");
    for (row, line) in flows.lines().enumerate().skip(1).take(40) {
        let label = line.rsplit(',').next().expect("a label");
        let number = row.to_string();
        let words = [
            "explain",
            text(&trained.model),
            text(&trained.flows),
            "--row",
            &number,
        ];
        let printed = succeed(&words);
        assert!(printed.starts_with(&format!("Row {row} of")), "{printed}");
        assert!(
            printed.contains(&format!("class       {label}\n")),
            "{printed}"
        );
        assert!(printed.contains(says), "{printed}");
        let heading = printed.lines().find(|line| line.starts_with("  column"));
        let heading: Vec<&str> = heading.expect("a table").split_whitespace().collect();
        assert_eq!(heading[..3], ["column", "value", unit]);
        let reasons = reasons(&printed);
        let [leading @ .., expectation, output] = &reasons[..] else {
            panic!("{printed}");
        };
        assert_eq!(leading.len(), 4, "{printed}");
        // The cells as they stand in the file.
        let cells: Vec<&str> = line.split(',').collect();
        for cell in &cells[1..5] {
            assert!(
                leading.iter().any(|reason| reason[1] == *cell),
                "{cell}: {printed}"
            );
        }
        let sum: f64 = leading.iter().map(|reason| figure(&reason[2])).sum();
        let together = figure(&expectation[1]) + sum - figure(&output[1]);
        assert!(together.abs() < 0.03, "{printed}");
        let asked = succeed(&[&words[..], &["--class", "scan"]].concat());
        assert_eq!(asked == printed, label == "scan", "{asked}");
    }
}

#[test]
fn a_flow_is_explained() {
    let trained = train(&[]);
    check_explained(&trained, "points", "% of the votes are for");
    let info = succeed(&["info", text(&trained.model)]);
    assert!(
        info.contains("classifier  a random forest of 8 trees\n"),
        "{info}"
    );
    // A protocol tells floods from scans, and a missing duration nothing.
    let drop = |column: &str| {
        let line = info
            .lines()
            .find(|line| line.trim_start().starts_with(column));
        let cells: Vec<&str> = line.expect(column).split_whitespace().collect();
        cells[3].parse::<f64>().expect("a number")
    };
    assert!(drop("bytes") > 0.1, "{info}");
    assert!(drop("duration") < drop("bytes") / 2.0, "{info}");
    assert!(
        info.contains("rows held out falls, the mean of 3 shuffles"),
        "{info}"
    );
}

#[test]
fn a_flow_that_boosted_trees_classified_is_explained_in_log_odds() {
    let trained = train(&["--learner", "boosted"]);
    check_explained(&trained, "log-odds", "Each +0.69 doubles the odds");
    let info = succeed(&["info", text(&trained.model)]);
    assert!(info.contains("classifier  8 boosted trees\n"), "{info}");
    let log_loss = |begin: &str| {
        let line = info.lines().find(|line| line.starts_with(begin));
        let line = line.unwrap_or_else(|| panic!("{begin}: {info}"));
        figure(
            line[begin.len()..]
                .split_whitespace()
                .next()
                .expect("a number"),
        )
    };
    // What was boosted for log-loss is not far from calibrated.
    let (before, calibrated) = (log_loss("  not calibrated"), log_loss("  calibrated"));
    assert!(calibrated < before + 0.05 && before < 0.5, "{info}");

    let as_boosted = train(&["--learner", "boosted", "--calibration-parts", "0"]);
    assert!(
        (as_boosted.printed).contains("the softmax of boosted scores, not calibrated"),
        "{}",
        as_boosted.printed
    );
}

#[test]
fn what_cannot_be_explained_is_said() {
    let trained = train(&[]);
    let explain = |more: &[&str]| {
        let words = ["explain", text(&trained.model), text(&trained.flows)];
        fail(&[&words[..], more].concat())
    };
    let error = explain(&["--row", "901"]);
    assert!(
        error.contains("has 900 rows: there is no row 901"),
        "{error}"
    );
    let error = explain(&["--row", "1", "--class", "worm"]);
    assert!(error.contains("benign, flood, scan"), "{error}");

    let broken = trained.folder.path().join("broken.csv");
    std::fs::write(
        &broken,
        "duration,proto,port,bytes\n1,tcp,80,10\n1,tcp\n1,tcp,80,x\n",
    )
    .expect("a file");
    let shown = |row: &str| {
        ["explain", text(&trained.model), text(&broken), "--row", row].map(str::to_owned)
    };
    succeed(&shown("1"));
    for row in ["2", "3"] {
        let error = fail(&shown(row));
        assert!(error.contains("could not be read"), "{error}");
    }
}
