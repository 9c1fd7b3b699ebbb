//! Numbers and moments the way people read them.

use jiff::Timestamp;

/// `12,345`.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        grouped.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `5 min ago`, `in 3 h`; the date where that says more.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - at.as_second();
    // What is to come in 3 h 59 min 30 s comes in 4 h to everybody.
    let distance = seconds.unsigned_abs() + if seconds < 0 { 59 } else { 0 };
    let amount = match distance {
        0..60 => return "now".into(),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..86_400 => format!("{} h", seconds / 3_600),
        seconds @ 86_400..172_800 => format!("{} day", seconds / 86_400),
        seconds @ 172_800..2_592_000 => format!("{} days", seconds / 86_400),
        _ => return at.strftime("%Y-%m-%d").to_string(),
    };
    if seconds > 0 { format!("{amount} ago") } else { format!("in {amount}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_moments_are_relative_for_a_month() {
        assert_eq!([0, 999, 1_000, -1_234_567].map(thousands), ["0", "999", "1,000", "-1,234,567"]);
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().unwrap();
        for (at, shown) in [
            ("2026-11-24T07:59:30Z", "now"),
            ("2026-11-24T07:55:00Z", "5 min ago"),
            ("2026-11-24T11:30:00Z", "in 3 h"),
            ("2026-11-24T11:59:30Z", "in 4 h"),
            ("2026-11-23T02:00:00Z", "1 day ago"),
            ("2026-11-04T08:00:00Z", "20 days ago"),
            ("2026-08-01T08:00:00Z", "2026-08-01"),
        ] {
            assert_eq!(ago(at.parse().unwrap(), now), shown);
        }
    }
}
