//! What a run has found: how often they agree, and what explains the rest.

use crate::answers::{Answers, Difference, Question};
use crate::case::Case;
use crate::explained::{Explanation, Explanations, Right, Seen};
use std::collections::BTreeMap;
use std::fmt;

/// What a run beside one other cache has found.
#[derive(Debug)]
pub struct Report {
    name: &'static str,
    table: Explanations,
    cases: u64,
    /// How often a question was asked, and how often the answers agreed.
    asked: BTreeMap<Question, (u64, u64)>,
    explained: BTreeMap<&'static str, u64>,
    unexplained: Vec<(Box<Case>, Difference)>,
    /// How many unexplained differences are printed.
    pub shown: usize,
}

impl Report {
    /// Of nothing yet, beside the cache of this name whose differences `table` explains.
    pub fn new(name: &'static str, table: Explanations) -> Self {
        let (asked, explained) = (BTreeMap::new(), BTreeMap::new());
        Self { name, table, cases: 0, asked, explained, unexplained: Vec::new(), shown: 3 }
    }

    /// Adds the answers of both to a case.
    pub fn add(&mut self, case: &Case, ours: &Answers, theirs: &Answers) {
        self.cases += 1;
        let compared = ours.compare(theirs);
        let all: Vec<Difference> =
            compared.iter().flat_map(|(_, differences)| differences).cloned().collect();
        for (question, differences) in compared {
            let (asked, agreed) = self.asked.entry(question).or_default();
            *asked += 1;
            *agreed += u64::from(differences.is_empty());
            for difference in differences {
                let seen = Seen { case, difference: &difference, all: &all };
                match Explanation::of(self.table, &seen) {
                    Some(explanation) => *self.explained.entry(explanation.name).or_default() += 1,
                    None => self.unexplained.push((Box::new(case.clone()), difference)),
                }
            }
        }
    }

    /// The differences that no entry of the table explains, each with its case.
    pub fn unexplained(&self) -> &[(Box<Case>, Difference)] {
        &self.unexplained
    }

    /// The entries of the table that explained nothing.
    pub fn unused(&self) -> Vec<&'static str> {
        let names = self.table.iter().copied().flatten().map(|explanation| explanation.name);
        names.filter(|name| !self.explained.contains_key(name)).collect()
    }

    /// How many questions were asked, and how many answers agreed.
    pub fn totals(&self) -> (u64, u64) {
        self.asked.values().fold((0, 0), |(all, same), (asked, agreed)| (all + asked, same + agreed))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "larder beside {}, {} cases\n", self.name, self.cases)?;
        writeln!(f, "{:<16}{:>9}{:>9}{:>9}", "question", "asked", "agree", "differ")?;
        for (question, (asked, agreed)) in &self.asked {
            writeln!(f, "{:<16}{asked:>9}{agreed:>9}{:>9}", format!("{question:?}"), asked - agreed)?;
        }
        writeln!(f)?;
        for Explanation { name, clause, right, says, .. } in self.table.iter().copied().flatten() {
            let right = match right {
                Right::Larder => "larder",
                Right::Both => "both",
                Right::Peer => self.name,
            };
            let count = self.explained.get(name).copied().unwrap_or_default();
            writeln!(f, "{count:>7}  {name} ({clause}; right: {right}): {says}")?;
        }
        writeln!(f, "{:>7}  not explained", self.unexplained.len())?;
        for (case, difference) in self.unexplained.iter().take(self.shown) {
            let Difference { question, field, ours, theirs } = difference;
            writeln!(f, "\n{question:?} {field}: larder {ours:?}, {} {theirs:?}\n{case}", self.name)?;
        }
        for name in self.unused() {
            writeln!(f, "explains nothing in this run: {name}")?;
        }
        Ok(())
    }
}
