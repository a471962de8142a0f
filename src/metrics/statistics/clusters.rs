//! How much less sure a share is where viewers share links.
//!
//! The idea to hold: whoever shares a link shares its luck, so a household of four says less than
//! four households. How much less is seen from how the links differ: if viewers on one link were
//! strangers, links would differ by chance alone. The ratio is the design effect, and so many
//! viewers count as one (Rao and Scott, "A simple method for the analysis of clustered binary
//! data", Biometrics 48, 1992, p. 577).

use super::FEWEST;

/// Sums over the links that several viewers shared, whole numbers all.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Clusters {
    /// Links.
    links: u64,
    /// Σ m, where m is the number of a link's viewers.
    viewers: u64,
    /// Σ z, where z is the number of those who watched without a stall.
    zero_buffer: u64,
    /// Σ m².
    viewers_squared: u128,
    /// Σ z².
    zero_buffer_squared: u128,
    /// Σ m z.
    product: u128,
    /// The largest m.
    largest: u64,
}

impl Clusters {
    /// Takes in a link of so many viewers, of whom so many watched without a stall.
    pub(in crate::metrics) fn add(&mut self, viewers: u64, zero_buffer: u64) {
        assert!(zero_buffer <= viewers, "{zero_buffer} of {viewers}");
        let (m, z) = (u128::from(viewers), u128::from(zero_buffer));
        self.merge(&Self {
            links: 1,
            viewers,
            zero_buffer,
            viewers_squared: m * m,
            zero_buffer_squared: z * z,
            product: m * z,
            largest: viewers,
        });
    }

    /// Takes in the links of others.
    pub(in crate::metrics) fn merge(&mut self, other: &Self) {
        self.links += other.links;
        self.viewers += other.viewers;
        self.zero_buffer += other.zero_buffer;
        self.viewers_squared += other.viewers_squared;
        self.zero_buffer_squared += other.zero_buffer_squared;
        self.product += other.product;
        self.largest = self.largest.max(other.largest);
    }

    /// So many of `viewers`, of whom `zero_buffer` watched without a stall, count as one. Those of
    /// them who share no link are links of their own. From 1, if nothing is shared, to the number
    /// of viewers on the fullest link.
    ///
    /// With less than ten links, or where all fared alike, too little is seen of how links differ;
    /// then every link counts as one viewer, which is the most that sharing can do.
    pub fn design_effect(&self, viewers: u64, zero_buffer: u64) -> f64 {
        if self.links == 0 {
            return 1.0;
        }
        let alone = viewers.saturating_sub(self.viewers);
        let alone_zero_buffer = zero_buffer.saturating_sub(self.zero_buffer);
        let links = (self.links + alone) as f64;
        let squares = (self.viewers_squared + u128::from(alone)) as f64;
        let zero_buffer_squares = (self.zero_buffer_squared + u128::from(alone_zero_buffer)) as f64;
        let products = (self.product + u128::from(alone_zero_buffer)) as f64;
        let (n, p) = (viewers as f64, zero_buffer as f64 / viewers as f64);
        if zero_buffer == 0 || zero_buffer == viewers || links < FEWEST as f64 {
            return (squares / n).max(1.0);
        }
        // Σ (z − p m)², and what it would be of n strangers; each with its own correction for p
        // being estimated from what it is subtracted from.
        let seen = zero_buffer_squares - 2.0 * p * products + p * p * squares;
        let effect = (links / (links - 1.0) * seen) / (n / (n - 1.0) * n * p * (1.0 - p));
        effect.clamp(1.0, self.largest.max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Purpose, Seed};

    fn clusters(links: &[(u64, u64)]) -> Clusters {
        let mut clusters = Clusters::default();
        links.iter().for_each(|&(m, z)| clusters.add(m, z));
        clusters
    }

    #[test]
    fn links_of_one_are_as_good_as_none() {
        let ones = clusters(&[(1, 1), (1, 0), (1, 1), (1, 1), (1, 1)]);
        assert_eq!(ones.design_effect(5, 4), 1.0);
        assert_eq!(ones.design_effect(1_000, 900), 1.0, "others told nothing of");
        assert_eq!(Clusters::default().design_effect(0, 0), 1.0);
    }

    #[test]
    fn four_who_fare_alike_are_one() {
        let alike = [(4, 4), (4, 0), (4, 4), (4, 4), (4, 4), (4, 0), (4, 4), (4, 4)];
        assert_eq!(clusters(&alike).design_effect(32, 24), 4.0);
        assert_eq!(clusters(&[(4, 4); 8]).design_effect(32, 32), 4.0, "for all that is seen");
        assert_eq!(clusters(&[(4, 0); 8]).design_effect(32, 0), 4.0);
    }

    #[test]
    fn the_effect_is_what_a_pencil_gives() {
        // Two pairs, (2, 2) and (2, 0), and eight alone, four of whom stall: 12 viewers, p = 1/2,
        // 10 links. Σ (z − m/2)² is 1 + 1 + 8 · 1/4 = 4, times 10/9 is 40/9. Of strangers it is
        // 12 · 1/4 = 3, times 12/11 is 36/11. 40/9 · 11/36 = 110/81.
        let effect = clusters(&[(2, 2), (2, 0)]).design_effect(12, 6);
        assert!((effect - 110.0 / 81.0).abs() < 1e-12, "{effect}");
        // With one less alone they are too few: the mean number on a viewer's link.
        assert_eq!(clusters(&[(2, 2), (2, 0)]).design_effect(11, 6), 15.0 / 11.0);
    }

    #[test]
    fn one_link_alone_counts_as_one_viewer() {
        assert_eq!(clusters(&[(200, 120)]).design_effect(200, 120), 200.0);
    }

    #[test]
    fn a_link_that_spares_one_at_the_cost_of_another_makes_nothing_surer() {
        // Every pair has one of each: links do not differ at all.
        assert_eq!(clusters(&[(2, 1); 50]).design_effect(100, 50), 1.0);
    }

    #[test]
    fn strangers_who_share_links_in_name_only_keep_almost_all_they_say() {
        let links = (0..2_000).map(|link| {
            let stalls = |viewer| Seed(7).unit(Purpose::Trace, &[link, viewer]) < 0.2;
            (5, (0..5).filter(|&viewer| !stalls(viewer)).count() as u64)
        });
        let links: Vec<_> = links.collect();
        let zero_buffer = links.iter().map(|(_, z)| z).sum();
        let effect = clusters(&links).design_effect(10_000, zero_buffer);
        // Its standard error is about √(2 / 2,000) = 0.03.
        assert!((1.0..1.1).contains(&effect), "{effect}");
    }

    #[test]
    fn links_merge_in_any_order() {
        let mut merged = clusters(&[(4, 2)]);
        merged.merge(&clusters(&[(3, 3), (5, 1)]));
        assert_eq!(merged, clusters(&[(5, 1), (4, 2), (3, 3)]));
    }
}
