//! Money: whole micro-units, never a float.

use std::fmt;

/// An amount in millionths of the account's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MicroUnits(pub i64);

impl MicroUnits {
    /// The sum, unless it is out of range.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The amount for a person: at least two decimals, then the currency (`0.08 USD`).
    pub fn format(self, currency: &str) -> String {
        let text = self.to_string();
        let (cents, rest) = text.split_at(text.len() - 4);
        format!("{cents}{} {currency}", rest.trim_end_matches('0'))
    }
}

impl fmt::Display for MicroUnits {
    /// As a decimal with six places, `0.080000`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let amount = self.0.unsigned_abs();
        write!(
            formatter,
            "{sign}{}.{:06}",
            amount / 1_000_000,
            amount % 1_000_000
        )
    }
}

#[cfg(test)]
mod tests {
    use super::MicroUnits;

    #[test]
    fn amounts_show_six_places() {
        assert_eq!(MicroUnits(80_000).to_string(), "0.080000");
        assert_eq!(MicroUnits(-1).to_string(), "-0.000001");
        assert_eq!(MicroUnits(i64::MIN).to_string(), "-9223372036854.775808");
        assert_eq!(MicroUnits(i64::MAX).checked_add(MicroUnits(1)), None);
    }

    #[test]
    fn people_see_two_decimals_or_as_many_as_count() {
        assert_eq!(MicroUnits(80_000).format("USD"), "0.08 USD");
        assert_eq!(MicroUnits(0).format("USD"), "0.00 USD");
        assert_eq!(MicroUnits(1_500_000).format("EUR"), "1.50 EUR");
        assert_eq!(MicroUnits(1_234_500).format("EUR"), "1.2345 EUR");
    }
}
