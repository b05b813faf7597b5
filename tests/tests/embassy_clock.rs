//! The clock over `embassy_time`, with its mock driver.

// The driver takes its lock from here.
use critical_section as _;
use embassy_time::{Duration, MockDriver};
use larder::EmbassyClock;
use larder::time::{Clock, DeltaSeconds, HttpDate, LearnedClock, Observed};

// One test, since there is one driver in the program.
#[test]
fn uptime_is_the_drivers_and_utc_goes_on_from_where_it_was_set() {
    let clock = EmbassyClock::new();
    let begin = clock.now();
    assert_eq!(begin.utc, None);

    MockDriver::get().advance(Duration::from_millis(2_500));
    let later = clock.now();
    assert_eq!(later.uptime.as_millis() - begin.uptime.as_millis(), 2_500);

    let noon = HttpDate::from_unix(1_800_000_000);
    clock.set_utc(noon);
    assert_eq!(clock.now().utc, Some(noon));
    MockDriver::get().advance(Duration::from_secs(90));
    assert_eq!(clock.now().utc, Some(noon.after(DeltaSeconds::new(90))));

    let learning = LearnedClock::new(EmbassyClock::new(), &["https://api.example"]);
    let received = learning.now().uptime;
    learning.observe(Observed {
        origin: "https://api.example",
        date: noon,
        age: DeltaSeconds::ZERO,
        received,
    });
    MockDriver::get().advance(Duration::from_secs(10));
    assert_eq!(learning.now().utc, Some(noon.after(DeltaSeconds::new(10))));
}
