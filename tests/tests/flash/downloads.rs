//! What a download costs that is interrupted: octets from the network, octets programmed, erases.
//! `cargo test -p larder-tests --test flash downloads -- --nocapture` prints the figures.

mod flash;
mod release;

use flash::{Flash, SECTORS, crowded};
use larder::client::{Outcome, Storing};
use larder_tests::nor::Tear;
use release::{IMAGE, Release};

/// Octets of a writer's buffer: what a power cut may cost.
const BUFFER: u64 = 1152;

/// What a lost connection may cost, in octets.
const LOST: u64 = 2048;

/// What a download costs, in octets.
struct Cost {
    network: u64,
    in_vain: u64,
    programmed: u64,
    erases: u64,
}

/// Downloads the image, though `lost` connections break and power is cut `cuts` times.
fn cost<const W: usize>(flash: Flash<W>, lost: usize, cuts: u64, signed: bool) -> Cost {
    let release = Release::behind(lost, IMAGE / (lost + 1));
    let release = if signed { release.signed() } else { release };
    let mut flash = flash;
    let each = (IMAGE / W) as u64 / (cuts + 1);
    for number in 0..cuts {
        let tear = Tear::ALL[number as usize % Tear::ALL.len()];
        let (off, done) = release.download(flash, 1 + lost as u32, Some((each, tear)));
        assert!(done.is_err() && off.nor.is_off(), "power was not lost: {done:?}");
        flash = off;
    }
    let (flash, done) = release.download(flash, 1 + lost as u32, None);
    assert_eq!(done, Ok(()), "{lost} lost, {cuts} cuts");
    let (counts, meter) = (flash.nor.counts(), release.meter());
    Cost {
        network: meter.read,
        in_vain: meter.in_vain(),
        programmed: counts.octets_programmed,
        erases: counts.all_erases(),
    }
}

/// Prints what downloads cost on a flash, and compares it with what they may.
fn costs<const W: usize>(name: &str, flash: &Flash<W>) {
    for (lost, cuts, signed) in
        [(0, 0, false), (4, 0, false), (16, 0, false), (0, 2, false), (4, 2, false), (4, 2, true)]
    {
        let Cost { network, in_vain, programmed, erases } = cost(flash.clone(), lost, cuts, signed);
        let (image, uri) = (IMAGE as u64, if signed { "signed" } else { "stable" });
        let (beyond, more) = (network - image, (programmed as f64 / image as f64 - 1.0) * 100.0);
        println!(
            "{name:5} {W:5} {lost:4} {cuts:4} {uri} {network:8} {beyond:6} {in_vain:7} {programmed:10} {more:5.2} % {erases:6}"
        );
        assert!(cuts > 0 || network == image, "{network} octets were read, though nothing was lost");
        assert!(network <= image + LOST * lost as u64 + BUFFER * cuts, "{network} octets were read");
        assert!(programmed * 100 <= image * 105, "{programmed} octets were programmed");
    }
}

#[test]
fn an_interrupted_download_costs_hardly_more_than_one_that_is_not() {
    println!(
        "an image of {IMAGE} octets, sectors of 4096, {SECTORS} of them; octets, but for lost, cuts, erases"
    );
    println!("flash words lost cuts URI     network beyond in vain programmed  beyond erases");
    costs("blank", &Flash::<4>::blank());
    costs("full", &Flash::<4>::used());
    costs("full", &Flash::<2>::used());
    costs("full", &Flash::<1>::used());
}

#[test]
fn power_cuts_all_over_a_resumed_download_cost_a_fragment_at_most() {
    cut_all_over(|lost| Release::behind(lost, IMAGE / 2), 120);
}

#[test]
fn power_cuts_all_over_a_download_under_a_name_cost_a_fragment_at_most() {
    cut_all_over(|lost| Release::behind(lost, IMAGE / 2).signed(), 60);
}

/// A flash with the first half of the image, and so many other pairs behind it that what is written next
/// runs into it.
fn in_its_own_way() -> (Release, Flash<4>) {
    let release = Release::behind(1, IMAGE / 2);
    let (half, done) = release.download(Flash::<4>::blank(), 1, None);
    assert!(done.is_err());
    (release, crowded(half, 11))
}

#[test]
fn a_part_that_stands_in_the_way_of_its_rest_gives_way() {
    let (release, flash) = in_its_own_way();
    let before = release.meter().read;
    let (flash, done) = release.download(flash, 1, None);
    assert_eq!(done, Ok(()));
    let read = release.meter().read - before;
    assert!(read > IMAGE as u64 && read <= IMAGE as u64 * 3 / 2, "{read} octets were read");
    assert_eq!(release.download(flash, 1, None).1, Ok(()));
    assert_eq!(release.meter().read - before, read, "it is there");
}

#[test]
fn a_request_that_completes_such_a_part_is_answered_and_the_next_one_stored() {
    let (release, flash) = in_its_own_way();
    let (flash, report) = release.get(flash);
    assert_eq!((report.outcome, report.from_store), (Outcome::Completed, IMAGE as u64 / 2));
    assert!(!matches!(report.storing, Storing::Stored(_)), "{report:?}");
    let (flash, report) = release.get(flash);
    assert_eq!(report.outcome, Outcome::Miss);
    assert!(matches!(report.storing, Storing::Stored(_)), "{report:?}");
    assert_eq!(release.get(flash).1.outcome, Outcome::Hit);
}

/// Cuts the power in `cuts` operations all over a download that goes on at the half of the image.
fn cut_all_over(release: impl Fn(usize) -> Release, cuts: usize) {
    let begun = release(1);
    let (half, done) = begun.download(Flash::<4>::used(), 1, None);
    assert!(done.is_err());
    let before = begun.meter().read;
    let (whole, done) = begun.download(half.clone(), 1, None);
    assert_eq!(done, Ok(()));
    let (missing, began) = (begun.meter().read - before, whole.began);
    let mut erases = 0;
    for number in 0..cuts {
        let at = number * (began.len() - 1) / (cuts - 1);
        let first = began[at].0;
        let end = began.get(at + 1).map_or(whole.nor.steps(), |next| next.0);
        // At the first, a middle and the last word of what is programmed.
        let step = first + (end - 1 - first) * (number as u64 % 3) / 2 - began[0].0;
        let tear = Tear::ALL[number % Tear::ALL.len()];
        let told = format!("power was lost in operation {at}, at step {step}: {tear:?}");
        let release = release(0);
        let (off, _) = release.download(half.clone(), 1, Some((step, tear)));
        assert!(off.nor.is_off(), "not so: {told}");
        let (_, done) = release.download(off, 1, None);
        assert_eq!(done, Ok(()), "{told}");
        let read = release.meter().read;
        let again = read.saturating_sub(missing);
        assert!(read >= missing && again <= BUFFER, "{again} octets came again: {told}");
        erases += usize::from(began[at].1);
    }
    println!("{cuts} power cuts, {erases} of them in an erase, of {} operations", began.len());
    assert!(erases > 0 && erases < cuts, "only one kind of operation was cut");
}
