//! In which order the servers of a domain are asked (RFC 2782, page 3).

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) priority: u16,
    pub(super) weight: u16,
    pub(super) port: u16,
    /// Without the dot at its end; "." for nobody.
    pub(super) target: String,
}

/// The lowest priority first; within one, each place is drawn by the weights of those that are left. `draw` gives a number
/// from 0 to the one that it is given.
pub(super) fn ordered(mut records: Vec<Record>, mut draw: impl FnMut(u32) -> u32) -> Vec<Record> {
    // Those without weight first, so that they have a small chance.
    records.sort_by_key(|record| (record.priority, record.weight));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.first().map(|record| record.priority) {
        let equals = records.iter().take_while(|record| record.priority == priority);
        let mut weights = equals.map(|record| u32::from(record.weight));
        let mark = draw(weights.clone().sum());
        let mut sum = 0;
        let reaches = |weight| {
            sum += weight;
            sum >= mark
        };
        let at = weights.position(reaches).unwrap_or(0);
        ordered.push(records.remove(at));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(priority: u16, weight: u16, target: &str) -> Record {
        Record { priority, weight, port: 389, target: target.to_owned() }
    }

    fn names(records: Vec<Record>, draw: impl FnMut(u32) -> u32) -> String {
        ordered(records, draw).into_iter().map(|record| record.target).collect()
    }

    #[test]
    fn priority_comes_first_and_weight_draws() {
        let records =
            || vec![record(20, 9, "d"), record(10, 60, "b"), record(10, 0, "a"), record(10, 40, "c")];
        // Sorted by weight: a 0, c 40, b 60.
        assert_eq!(names(records(), |_| 0), "acbd");
        assert_eq!(names(records(), |most| most), "bcad");
        assert_eq!(names(records(), |most| most.min(1)), "cbad");
    }

    #[test]
    fn the_heavier_is_drawn_first_more_often() {
        let mut dice = fastrand::Rng::with_seed(7);
        let mut first = |_: u32| {
            let records = vec![record(1, 10, "light"), record(1, 90, "heavy")];
            ordered(records, |most| dice.u32(0..=most)).remove(0).target == "heavy"
        };
        let heavy = (0..1000).filter(|round| first(*round)).count();
        assert!((850..950).contains(&heavy), "{heavy} of 1000");
    }
}
