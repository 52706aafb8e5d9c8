//! The images the benchmarks use: a small one, and a large one that comes out the same on every machine.

use serde_json::json;
use wcr_tests::busybox;
use wcr_tests::image::{Blob, Image};
use wcr_tests::layer::Layer;

/// Layers of the large image.
const LAYERS: u64 = 8;

/// Files in each of its layers.
const FILES: u64 = 7_500;

/// Words the text files are made of.
const WORDS: usize = 3_000;

/// BusyBox and a handful of files.
pub fn small() -> Image {
    let mut layer = Layer::new();
    for number in 0..9 {
        layer = layer.file(&format!("data/file{number}"), 0o644, format!("{number}\n"));
    }
    Image::new([busybox::layer(), layer.into()]).with("Cmd", json!(["sh"]))
}

/// One layer as large as seven of those of [`large`], about 300 MB, 100 MB as gzip.
pub fn one_layer() -> Vec<u8> {
    layer(0, 7 * FILES).into_tar()
}

/// 8 layers with 60,000 files, about 336 MB, 116 MB as gzip; the lowest layer has BusyBox too.
pub fn large() -> Image {
    let make = |number: u64| Blob::from_tar(&layer(number, FILES).into_tar(), 6);
    let mut blobs = vec![busybox::layer()];
    // Two at a time: compressing takes most of the time.
    for pair in (0..LAYERS).collect::<Vec<_>>().chunks(2) {
        std::thread::scope(|scope| {
            let workers: Vec<_> = pair.iter().map(|&number| scope.spawn(move || make(number))).collect();
            blobs.extend(workers.into_iter().map(|worker| worker.join().expect("make a layer")));
        });
    }
    Image::new(blobs).with("Cmd", json!(["sh"]))
}

fn layer(number: u64, files: u64) -> Layer {
    let mut random = Random(0x5851_f42d_4c95_7f2d ^ (number + 1));
    let words = words(&mut Random(42));
    let mut layer = Layer::new();
    for file in 0..files {
        // As in real images: most files are small, a few make up most of the bytes.
        let length = match random.below(100) {
            0..=59 => 200 + random.below(1_800),
            60..=94 => 2_000 + random.below(8_000),
            95..=98 => 10_000 + random.below(40_000),
            _ => 50_000 + random.below(150_000),
        };
        let content =
            if random.below(100) < 86 { text(&mut random, &words, length) } else { noise(&mut random, length) };
        let path = format!("srv/layer{number}/d{:03}/e{:02}/file{file:05}", file % 150, file % 7);
        layer = layer.file(&path, 0o644, content);
    }
    layer
}

/// Marsaglia's xorshift generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number less than `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit
    }
}

fn words(random: &mut Random) -> Vec<String> {
    let syllables = ["ka", "lo", "mi", "ter", "sun", "re", "ba", "dor", "en", "pi", "qua", "st", "ul", "vex", "ing"];
    (0..WORDS)
        .map(|_| {
            let count = 1 + random.below(4);
            (0..count).map(|_| syllables[random.below(syllables.len() as u64) as usize]).collect()
        })
        .collect()
}

fn text(random: &mut Random, words: &[String], length: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length as usize + 16);
    while (bytes.len() as u64) < length {
        // Squared, so that some words are frequent, as in language.
        let choice = (random.below(1 << 20) * random.below(1 << 20)) >> 20;
        let word = &words[((choice * WORDS as u64) >> 20) as usize];
        bytes.extend(word.as_bytes());
        bytes.push(if random.below(12) == 0 { b'\n' } else { b' ' });
    }
    bytes.truncate(length as usize);
    bytes
}

fn noise(random: &mut Random, length: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length as usize + 8);
    while (bytes.len() as u64) < length {
        bytes.extend(random.next().to_le_bytes());
    }
    bytes.truncate(length as usize);
    bytes
}
