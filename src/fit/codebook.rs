//! Leaf distributions from a codebook: few enough that a leaf's value is one byte, in the model file and in a cache.
//!
//! A forest's leaves have thousands of different distributions, ten bytes each, and the shares of most of them mean
//! little: a leaf of a dozen rows. Here like ones become one, by k-means: clusters are split where they spread most until
//! there are enough of them, then every distribution goes to the nearest centre, a few times over. Whole numbers only.

use super::tree::quantise;
use crate::model::forest::Leaves;

/// The most distributions that a forest keeps.
pub const MAX_DISTRIBUTIONS: usize = 256;
/// How often distributions go to the nearest centre. More change nothing that scores would show.
const ROUNDS: usize = 6;

/// Centres for some distributions, each `n_classes` bytes, and the index of each one's centre. `counts` says how many
/// leaves have each. Centres that nothing goes to are left out; where there are few distributions they stay as they are.
pub(super) fn codebook(
    distributions: &[u8],
    counts: &[u64],
    n_classes: usize,
    leaves: Leaves,
) -> (Vec<u8>, Vec<u32>) {
    if counts.len() <= MAX_DISTRIBUTIONS {
        return (distributions.to_vec(), (0..counts.len() as u32).collect());
    }
    let points: Vec<&[u8]> = distributions.chunks_exact(n_classes).collect();
    let mut centres: Vec<u8> = clusters(&points, counts, n_classes)
        .iter()
        .flat_map(|cluster| centre(cluster, &points, counts, n_classes, leaves))
        .collect();
    let mut places = Vec::new();
    for _ in 0..ROUNDS {
        places = points
            .iter()
            .map(|point| nearest(point, &centres, n_classes))
            .collect();
        let mut members = vec![Vec::new(); centres.len() / n_classes];
        for (index, &place) in places.iter().enumerate() {
            members[place as usize].push(index);
        }
        let mut renumbered = vec![0; members.len()];
        centres.clear();
        for (place, cluster) in members.iter().enumerate() {
            if !cluster.is_empty() {
                renumbered[place] = (centres.len() / n_classes) as u32;
                centres.extend(centre(cluster, &points, counts, n_classes, leaves));
            }
        }
        for place in &mut places {
            *place = renumbered[*place as usize];
        }
    }
    (centres, places)
}

/// Splits the cluster that spreads most, at its mean along the class in which it does, until there are enough.
fn clusters(points: &[&[u8]], counts: &[u64], n_classes: usize) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..points.len()).collect();
    let mut clusters = vec![(spread(&all, points, counts, n_classes), all)];
    while clusters.len() < MAX_DISTRIBUTIONS {
        let Some(widest) = (0..clusters.len()).max_by_key(|&index| clusters[index].0.squares)
        else {
            break;
        };
        let (spread_here, cluster) = clusters.swap_remove(widest);
        if spread_here.squares == 0 {
            clusters.push((spread_here, cluster));
            break;
        }
        let Spread {
            class, sum, weight, ..
        } = spread_here;
        let (low, high): (Vec<usize>, Vec<usize>) = cluster
            .into_iter()
            .partition(|&index| u64::from(points[index][class]) * weight <= sum);
        for part in [low, high] {
            clusters.push((spread(&part, points, counts, n_classes), part));
        }
    }
    clusters.into_iter().map(|(_, cluster)| cluster).collect()
}

/// How far a cluster's distributions lie from their mean, in the class in which they do most.
struct Spread {
    class: usize,
    /// Squared distances from the mean, summed over leaves; times the number of leaves, so that it is whole.
    squares: u128,
    /// The class's shares, summed over leaves.
    sum: u64,
    /// Leaves.
    weight: u64,
}

fn spread(cluster: &[usize], points: &[&[u8]], counts: &[u64], n_classes: usize) -> Spread {
    let weight: u64 = cluster.iter().map(|&index| counts[index]).sum();
    let of_class = |class: usize| {
        let (mut sum, mut squares) = (0, 0);
        for &index in cluster {
            let share = u64::from(points[index][class]);
            sum += share * counts[index];
            squares += share * share * counts[index];
        }
        let deviation =
            u128::from(weight) * u128::from(squares) - u128::from(sum) * u128::from(sum);
        Spread {
            class,
            // Per leaf, so that clusters of many are not split before those that are wide.
            squares: deviation / u128::from(weight.max(1)),
            sum,
            weight,
        }
    };
    let mut widest = of_class(0);
    for class in 1..n_classes {
        let other = of_class(class);
        if other.squares > widest.squares {
            widest = other;
        }
    }
    widest
}

/// The mean of a cluster's distributions; shares add up to 255 again.
fn centre(
    cluster: &[usize],
    points: &[&[u8]],
    counts: &[u64],
    n_classes: usize,
    leaves: Leaves,
) -> Vec<u8> {
    let mut sums = vec![0; n_classes];
    let mut n_leaves = 0;
    for &index in cluster {
        n_leaves += counts[index];
        for (sum, &share) in sums.iter_mut().zip(points[index]) {
            *sum += u64::from(share) * counts[index];
        }
    }
    match leaves {
        Leaves::Shares => quantise(&sums),
        Leaves::Scores => sums
            .iter()
            .map(|sum| ((sum + n_leaves / 2) / n_leaves) as u8)
            .collect(),
    }
}

/// The index of the nearest centre, the first of equals.
pub(super) fn nearest(point: &[u8], centres: &[u8], n_classes: usize) -> u32 {
    let mut best = (0, u32::MAX);
    for (index, centre) in (0u32..).zip(centres.chunks_exact(n_classes)) {
        let distance = point
            .iter()
            .zip(centre)
            .map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2))
            .sum();
        if distance < best.1 {
            best = (index, distance);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::rng::SplitMix64;

    fn random(n: usize, n_classes: usize) -> Vec<u8> {
        let mut rng = SplitMix64::new(9);
        (0..n)
            .flat_map(|_| {
                // Mostly one class, as leaves are.
                let weights: Vec<u64> = (0..n_classes)
                    .map(|_| u64::from(rng.below(100)).pow(6))
                    .collect();
                quantise(&weights)
            })
            .collect()
    }

    #[test]
    fn few_distributions_stay() {
        let distributions = random(MAX_DISTRIBUTIONS, 3);
        let (centres, places) =
            codebook(&distributions, &[1; MAX_DISTRIBUTIONS], 3, Leaves::Shares);
        assert_eq!(centres, distributions);
        assert!(places.iter().copied().eq(0..MAX_DISTRIBUTIONS as u32));
    }

    #[test]
    fn many_become_few_that_are_near() {
        let distributions = random(5_000, 8);
        let (centres, places) = codebook(&distributions, &vec![3; 5_000], 8, Leaves::Shares);
        let n_centres = centres.len() / 8;
        assert!(
            (200..=MAX_DISTRIBUTIONS).contains(&n_centres),
            "{n_centres}"
        );
        for centre in centres.chunks_exact(8) {
            assert_eq!(
                centre.iter().map(|&share| u32::from(share)).sum::<u32>(),
                255
            );
        }
        let far: u32 = distributions
            .chunks_exact(8)
            .zip(&places)
            .map(|(point, &place)| {
                let centre = &centres[place as usize * 8..][..8];
                point
                    .iter()
                    .zip(centre)
                    .map(|(&a, &b)| u32::from(a.abs_diff(b)))
                    .sum::<u32>()
                    / 2
            })
            .sum();
        let mean = f64::from(far) / 5_000.0 / 255.0;
        assert!(mean < 0.15, "{mean} of a distribution lies elsewhere");
        assert!(
            (0..n_centres as u32).all(|centre| places.contains(&centre)),
            "all are used"
        );
    }

    #[test]
    fn scores_have_means_that_add_up_to_anything() {
        let scores: Vec<u8> = random(2_000, 3)
            .iter()
            .map(|&share| 128 + share / 4)
            .collect();
        let (centres, places) = codebook(&scores, &[1; 2_000], 3, Leaves::Scores);
        assert!(centres.len() / 3 <= MAX_DISTRIBUTIONS);
        for (scores, &place) in scores.chunks_exact(3).zip(&places) {
            let centre = &centres[place as usize * 3..][..3];
            let far = scores
                .iter()
                .zip(centre)
                .map(|(&a, &b)| a.abs_diff(b))
                .max();
            assert!(far < Some(12), "{scores:?} became {centre:?}");
        }
    }

    #[test]
    fn where_most_leaves_are_their_distribution_stays() {
        let mut distributions = random(2_000, 4);
        distributions[..4].copy_from_slice(&[255, 0, 0, 0]);
        let mut counts = vec![1; 2_000];
        counts[0] = 1_000_000;
        let (centres, places) = codebook(&distributions, &counts, 4, Leaves::Shares);
        assert_eq!(&centres[places[0] as usize * 4..][..4], [255, 0, 0, 0]);
    }
}
