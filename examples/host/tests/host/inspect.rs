//! `inspect`: what it says of images that were written by the programs, by a store on other flash, or
//! by nobody.

use super::fixture::{TestOrigin, Then, response};
use larder::pair::NewPair;
use larder::store::{Cursor, PairStore};
use larder::time::HttpDate;
use larder_host::inspect::{Found, Freshness, InspectError, Question, Report, look, png, svg, table};
use larder_storage_flash::FlashStore;
use larder_tests::block_on;
use larder_tests::nor::Nor;
use larder_tests::store_suite::{Sample, octets, store, update};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for a test, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("larder-inspect-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, octets: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, octets).expect("it is written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn inspect(arguments: &[&str]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_inspect")).args(arguments).output().expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, errors)
}

fn json(image: &Path, arguments: &[&str]) -> Value {
    let (output, errors) = inspect(&[&[text(image), "--json"], arguments].concat());
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

fn question(file: &Path) -> Question {
    Question {
        file: file.to_owned(),
        sector: None,
        write_size: None,
        offset: 0,
        length: None,
        at: HttpDate::from_unix(1_800_000_000),
        cycles: 100_000,
        shared: false,
        matching: None,
    }
}

fn report(file: &Path) -> Report {
    block_on(look(&question(file))).expect("an image")
}

/// An image of 64 KiB that three fetches wrote: two pairs, one of them freshened.
fn fetched(folder: &Folder) -> (PathBuf, TestOrigin) {
    let origin = TestOrigin::new(|request, stream| {
        let lines = "ETag: \"1\"\r\nCache-Control: max-age=600\r\n";
        let octets = match (request.path(), &request.values("if-none-match")[..]) {
            ("/large", _) => response(200, lines, &"x".repeat(9000)),
            (_, ["\"1\""]) => format!("HTTP/1.1 304 X\r\n{lines}\r\n").into_bytes(),
            _ => response(404, &format!("Vary: Accept-Language\r\n{lines}"), "hello"),
        };
        stream.write_all(&octets).expect("fetch reads");
        Then::KeepAlive
    });
    let image = folder.write("cache.img", &[0xff; 16 * 4096]);
    for (path, line) in [("/small", "A: b"), ("/large", "A: b"), ("/small", "Cache-Control: no-cache")] {
        let arguments =
            [&*origin.uri(path), "--flash", text(&image), "-H", line, "-H", "Accept-Language: de"];
        let output = Command::new(env!("CARGO_BIN_EXE_fetch")).args(arguments).output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(origin.count(), 3);
    (image, origin)
}

#[test]
fn what_fetch_stored_is_told_with_sizes_places_and_freshness_at_a_time() {
    let folder = Folder::new("fetched");
    let (image, origin) = fetched(&folder);
    let before = std::fs::read(&image).expect("it is there");
    let told = json(&image, &[]);
    assert_eq!(told["mounted"], "ready");
    assert_eq!(told["image"]["sector"], 4096);
    assert_eq!(told["partition"]["sectors"]["total"], 16);
    assert_eq!(told["partition"]["damaged"], 0);
    let pairs = told["pairs"].as_array().expect("pairs");
    assert_eq!(pairs.len(), 2);
    let (large, small) = (&pairs[0], &pairs[1]);
    assert_eq!(large["uri"], origin.uri("/large"));
    assert_eq!((&large["method"], &large["status"]), (&"GET".into(), &200.into()));
    assert_eq!((&large["body_octets"], &large["complete"]), (&9000.into(), &true.into()));
    assert_eq!(large["freshened"], false);
    assert_eq!((&small["status"], &small["body_octets"]), (&404.into(), &5.into()));
    assert_eq!(small["freshened"], true);
    assert_eq!(small["nominated"][0][1], "de");

    // Its extents are its body.
    let mut body = Vec::new();
    for extent in large["extents"].as_array().expect("extents") {
        let number = |name: &str| extent[name].as_u64().expect("a number") as usize;
        assert_eq!(number("offset"), body.len());
        let at = number("sector") * 4096 + number("at");
        body.extend_from_slice(&before[at..at + number("octets")]);
    }
    assert_eq!(body, [b'x'; 9000]);

    let received = large["received"]["unix"].as_i64().expect("a time");
    let age = large["initial_age"].as_i64().expect("an age");
    let until = received + 600 - age;
    let fresh = &json(&image, &["--at", &(received + 100).to_string()])["pairs"][0]["freshness"];
    assert_eq!(fresh["state"], "fresh");
    assert_eq!((&fresh["until"]["unix"], &fresh["seconds"]), (&until.into(), &(500 - age).into()));
    let at = HttpDate::from_unix(received + 700).to_string();
    let stale = &json(&image, &["--at", &at])["pairs"][0]["freshness"];
    assert_eq!(stale["state"], "stale");
    assert_eq!((&stale["since"]["unix"], &stale["seconds"]), (&until.into(), &(100 + age).into()));
    assert_eq!(std::fs::read(&image).expect("it is there"), before, "nothing is written");
}

#[test]
fn the_table_is_for_a_person_and_can_be_limited() {
    let folder = Folder::new("table");
    let (image, origin) = fetched(&folder);
    let (output, errors) = inspect(&[text(&image), "--pairs-matching", "/large"]);
    assert!(output.status.success(), "{errors}");
    let told = String::from_utf8(output.stdout).expect("text");
    let row = told.lines().find(|line| line.contains(&origin.uri("/large"))).expect("a row");
    assert!(row.contains("fresh for") && row.contains("9,000"), "{row}");
    assert!(!told.contains("/small"), "{told}");
    assert!(told.contains("16 sectors of 4 KiB"), "{told}");
}

#[test]
fn octets_add_up_and_every_record_has_its_place() {
    let folder = Folder::new("octets");
    let (image, _) = fetched(&folder);
    let report = report(&image);
    for sector in &report.sectors {
        let octets = sector.octets;
        assert_eq!(octets.total, 4096);
        let parts = octets.live + octets.dead + octets.free + octets.overhead + octets.foreign;
        assert_eq!(parts, octets.total, "{sector:?}");
    }
    // Two bodies, two heads and little more.
    let live = report.partition.octets.live;
    assert!((9005..10_500).contains(&live), "{live} octets live");
    let next = report.partition.next_write.expect("it takes pairs");
    assert!(report.sectors[next.sector as usize].records.iter().all(|record| record.at < next.at));
}

fn stored<const R: usize, const W: usize, const E: usize>(units: usize) -> Vec<u8> {
    let size = (units * E) as u32;
    let mut s: FlashStore<_, 64> = FlashStore::new(Nor::<R, W, E>::new(units), 0..size, 7).expect("it works");
    block_on(s.mount()).expect("the medium");
    for number in 0..6 {
        let sample = Sample::new(&format!("/{number}"), number, 100 + 333 * number as usize);
        let mut pair = block_on(store(&mut s, &sample));
        if number % 2 == 1 {
            block_on(update(&mut s, &mut pair, 2)).expect("the medium");
        }
        if number == 4 {
            block_on(s.remove(pair.id)).expect("the medium");
        }
    }
    s.into_flash().image().to_vec()
}

#[test]
fn sectors_and_words_are_found_out_for_every_kind_of_flash() {
    let folder = Folder::new("geometry");
    for (image, sector, write_size) in [
        (stored::<1, 1, 4096>(16), 4096, 4),
        (stored::<4, 8, 2048>(20), 2048, 8),
        (stored::<1, 16, 8192>(8), 8192, 16),
        (stored::<4, 32, 131_072>(4), 131_072, 32),
        (stored::<1, 4, 256>(64), 2048, 4),
    ] {
        let path = folder.write("image", &image);
        let report = report(&path);
        assert_eq!((report.image.sector, report.image.write_size), (sector, write_size));
        assert_eq!((report.image.sector_is, report.image.write_size_is), (Found::Seen, Found::Seen));
        let sizes: Vec<u64> = report.pairs.iter().map(|pair| pair.body_octets).collect();
        assert_eq!(sizes, [1765, 1099, 766, 433, 100], "sectors of {sector}");
        assert!(report.pairs.iter().all(|pair| pair.complete && !pair.damaged));
        let freshened: Vec<bool> = report.pairs.iter().map(|pair| pair.freshened).collect();
        assert_eq!(freshened, [true, true, false, true, false]);
    }
}

#[test]
fn a_partition_within_a_dump_of_the_whole_flash_is_found_where_it_is_said_to_be() {
    let folder = Folder::new("dump");
    let image = stored::<1, 4, 4096>(16);
    let dump = [&octets(1, 10_000), &image[..], &octets(2, 5000)].concat();
    let path = folder.write("dump", &dump);
    let told = json(&path, &["--offset", "10000", "--length", "0x10000"]);
    assert_eq!(told["pairs"].as_array().map(Vec::len), Some(5));
    let (output, errors) = inspect(&[text(&path), "--offset", "10000", "--length", "1000000"]);
    assert!(!output.status.success());
    assert!(errors.contains("do not lie in the file"), "{errors}");
}

#[test]
fn of_an_incomplete_pair_is_told_what_is_held_and_where() {
    let folder = Folder::new("incomplete");
    let mut s: FlashStore<_, 64> =
        FlashStore::new(Nor::<1, 4, 4096>::new(8), 0..32_768, 7).expect("it works");
    block_on(s.mount()).expect("the medium");
    let sample = Sample::new("/parts", 1, 5000);
    for range in [1000..3000, 4000..4500] {
        let id = block_on(s.find(sample.key(), &mut Cursor::new(), &mut [0; 2048])).expect("the medium");
        let offset = range.start as u64;
        let writing = match id {
            Some(found) => block_on(s.resume(found.id, offset)),
            None => block_on(
                sample.with_pair(async |pair| s.create(&NewPair { resumable: true, offset, ..*pair }).await),
            ),
        };
        let writing = writing.expect("room");
        block_on(s.write(writing, &sample.body()[range])).expect("room");
        block_on(s.suspend(writing)).expect("the medium").expect("a part is kept");
    }
    let path = folder.write("image", s.into_flash().image());
    let report = report(&path);
    let [pair] = &report.pairs[..] else {
        panic!("{:?}", report.pairs);
    };
    assert_eq!((pair.body_octets, pair.complete_octets, pair.complete), (2500, Some(5000), false));
    assert!(!pair.damaged);
    let held: u32 = pair.extents.iter().map(|extent| extent.octets).sum();
    assert_eq!((pair.extents[0].offset, held), (1000, 2500));
    assert!(pair.freshness.is_some());
    let told = table::table(&report);
    assert!(told.contains("2,500 of 5,000") && told.contains("(incomplete)"), "{told}");
}

#[test]
fn damage_is_named_and_costs_the_pair_it_is_in() {
    let folder = Folder::new("damage");
    let image = stored::<1, 4, 4096>(16);
    let whole = report(&folder.write("image", &image));
    let extent = whole.pairs[0].extents[1];
    let mut damaged = image.clone();
    damaged[(extent.sector * 4096 + extent.at + 50) as usize] ^= 4;
    let path = folder.write("damaged", &damaged);
    let (output, errors) = inspect(&[text(&path)]);
    assert!(output.status.success(), "{errors}");
    let told = String::from_utf8(output.stdout).expect("text");
    assert!(told.contains("its body is damaged") && told.contains("1 damaged"), "{told}");
    let report = report(&path);
    assert_eq!(report.partition.damaged, 1);
    assert!(report.pairs[0].damaged && !report.pairs[0].complete && report.pairs[0].extents[1].damaged);
    assert!(report.pairs[1..].iter().all(|pair| pair.complete));
}

#[test]
fn no_flipped_bit_makes_anything_fail() {
    let folder = Folder::new("flips");
    let image = stored::<1, 4, 2048>(5);
    let used = image.len() - image.iter().rev().position(|octet| *octet != 0xff).expect("something");
    for bit in (0..used * 8).step_by(331) {
        let mut image = image.clone();
        image[bit / 8] ^= 1 << (bit % 8);
        let report = report(&folder.write("image", &image));
        assert!(report.pairs.len() <= 6 && report.pairs.len() >= 4, "bit {bit}");
        let broken = report.pairs.iter().filter(|pair| pair.damaged).count();
        assert!(broken <= 1, "bit {bit}: {broken} pairs are damaged");
        assert!(!table::table(&report).is_empty());
        assert!(!svg(&report).is_empty());
    }
}

#[test]
fn what_is_no_image_has_a_clear_error() {
    let folder = Folder::new("errors");
    let image = stored::<1, 4, 4096>(16);
    let fails = |octets: &[u8], expected: &str| {
        let (output, errors) = inspect(&[text(&folder.write("image", octets))]);
        assert!(!output.status.success());
        assert!(errors.contains(expected) && errors.starts_with("inspect: "), "{errors}");
        String::from_utf8(output.stdout).expect("text")
    };
    fails(&[], "has no octets");
    fails(&image[..40_000], "it was cut off, the partition has 65536 octets");
    fails(&image[..10 * 4096], "it was cut off: the partition has 65536 octets");
    fails(&image[..2 * 4096], "fewer than three sectors");
    let told = fails(&octets(5, 64 * 1024), "it holds something else, not a store");
    assert!(told.contains("16 foreign"), "{told}");
    // As FORMAT.md says: the version is the fourth octet, and a checksum covers the first twelve.
    let mut newer = image.clone();
    newer[3] = 9;
    let sum = crc(&newer[..12]).to_le_bytes();
    newer[12..16].copy_from_slice(&sum);
    newer[16..].fill(0xff);
    let told = fails(&newer, "it is of version 9 of the format");
    assert!(told.contains("1 foreign") && told.contains("a store of version 9"), "{told}");
    let (output, errors) = inspect(&[text(&folder.path("none"))]);
    assert!(!output.status.success() && errors.contains("No such file"), "{errors}");
}

#[test]
fn sizes_that_no_store_has_are_refused_with_a_reason() {
    let folder = Folder::new("sizes");
    let path = folder.write("image", &stored::<1, 4, 4096>(16));
    for (sector, write_size) in [(Some(3000), None), (Some(1 << 20), None), (None, Some(64)), (None, Some(5))]
    {
        let asked = block_on(look(&Question { sector, write_size, ..question(&path) }));
        let refused = matches!(asked, Err(InspectError::Refused { .. } | InspectError::NotWhole { .. }));
        assert!(refused, "{sector:?} {write_size:?}: {asked:?}");
    }
    // A blank image tells nothing: what is usual is assumed.
    let report = report(&folder.write("blank", &[0xff; 65_536]));
    assert_eq!((report.mounted, report.image.sector_is), ("blank", Found::Assumed));
    assert_eq!(report.partition.sectors.free, 16);
}

/// CRC-32, bit by bit, of the number 0 (four octets) and `octets`.
fn crc(octets: &[u8]) -> u32 {
    let all = [0; 4].iter().chain(octets);
    !all.fold(u32::MAX, |crc, octet| {
        (0..8).fold(
            crc ^ u32::from(*octet),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

#[test]
fn the_pictures_are_well_formed_and_show_every_sector_and_pair() {
    let folder = Folder::new("pictures");
    let (image, origin) = fetched(&folder);
    let (svg_path, png_path) = (folder.path("out.svg"), folder.path("out.png"));
    let (output, errors) = inspect(&[text(&image), "--svg", text(&svg_path), "--png", text(&png_path)]);
    assert!(output.status.success(), "{errors}");
    let drawing = std::fs::read_to_string(&svg_path).expect("it was written");
    let document = roxmltree::Document::parse(&drawing).expect("well-formed XML");
    let root = document.root_element();
    assert!(root.has_tag_name(("http://www.w3.org/2000/svg", "svg")));
    let texts: Vec<&str> =
        document.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect();
    for path in ["/small", "/large"] {
        assert!(texts.iter().any(|text| text.contains(&origin.uri(path))), "{path} is not named");
    }
    let drawn = texts.iter().filter(|text| text.starts_with("sector ")).count();
    let blank: usize =
        texts.iter().find_map(|text| text.split_once(" blank sectors")?.0.parse().ok()).unwrap_or(0);
    assert_eq!(drawn + blank, 16);

    let size = |name| root.attribute(name).and_then(|text| text.parse::<u32>().ok()).expect("a size");
    let file = std::io::BufReader::new(std::fs::File::open(&png_path).expect("it was written"));
    let mut decoder = ::png::Decoder::new(file).read_info().expect("a PNG");
    let mut pixels = vec![0; decoder.output_buffer_size().expect("it fits")];
    let info = decoder.next_frame(&mut pixels).expect("pixels");
    assert_eq!((info.width, info.height), (2 * size("width"), 2 * size("height")));
    let colours: std::collections::HashSet<&[u8]> = pixels.chunks(4).collect();
    assert!(colours.len() > 50, "{} colours", colours.len());
}

#[test]
fn uris_with_any_octets_do_not_break_the_picture() {
    let folder = Folder::new("letters");
    let mut report = report(&folder.write("image", &stored::<1, 4, 4096>(16)));
    report.pairs[0].uri = Some("http://h/<&>\"'\u{0}\u{1f600}é]]>".to_owned());
    report.pairs[1].freshness = Some(Freshness::Unusable { reason: "<no>".to_owned() });
    let drawing = svg(&report);
    roxmltree::Document::parse(&drawing).expect("well-formed XML");
    png::render(&drawing).expect("it can be drawn");
}
