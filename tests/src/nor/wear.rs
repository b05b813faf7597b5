//! What a flash counts, and how a power cut leaves it.

/// Operations and octets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Reads.
    pub reads: u64,
    /// Octets read.
    pub octets_read: u64,
    /// Programs: calls of `write`.
    pub programs: u64,
    /// Octets programmed.
    pub octets_programmed: u64,
    /// Erases of each unit.
    pub erases: Vec<u64>,
}

impl Counts {
    /// Erases of all units.
    pub fn all_erases(&self) -> u64 {
        self.erases.iter().sum()
    }

    /// Erases of the unit that was erased most, over the mean.
    pub fn wear(&self) -> f64 {
        let most = self.erases.iter().max().copied().unwrap_or_default();
        most as f64 * self.erases.len() as f64 / self.all_erases() as f64
    }
}

/// How a power cut leaves what was being worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tear {
    /// The unit that was being erased.
    pub erase: TornErase,
    /// The word that was being programmed.
    pub word: TornWord,
}

impl Tear {
    /// Every pattern of either kind at least once.
    pub const ALL: [Self; 5] = [
        Self { erase: TornErase::Front, word: TornWord::NotBegun },
        Self { erase: TornErase::Back, word: TornWord::Half },
        Self { erase: TornErase::Scattered, word: TornWord::Garbage },
        Self { erase: TornErase::Zeroes, word: TornWord::Whole },
        Self { erase: TornErase::Zeroes, word: TornWord::Unseen },
    ];
}

/// What an interrupted erase leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TornErase {
    /// The first half is blank, the second as before.
    #[default]
    Front,
    /// The second half is blank, the first as before.
    Back,
    /// Some bits are set and others are not.
    Scattered,
    /// All bits are clear: some parts program before they erase.
    Zeroes,
}

impl TornErase {
    pub(super) fn apply(self, octets: &mut [u8], word: usize) {
        let half = octets.len() / 2 / word * word;
        match self {
            Self::Front => octets[..half].fill(0xff),
            Self::Back => octets[half..].fill(0xff),
            Self::Scattered => {
                for (at, octet) in octets.iter_mut().enumerate() {
                    *octet |= (at as u32).wrapping_mul(0x9e37_79b9).to_le_bytes()[3];
                }
            }
            Self::Zeroes => octets.fill(0),
        }
    }
}

/// What an interrupted program leaves in its word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TornWord {
    /// Power was lost before: the word may still be programmed.
    #[default]
    NotBegun,
    /// The lower bits of each octet are programmed.
    Half,
    /// Some bits are.
    Garbage,
    /// All bits are, though nobody was told.
    Whole,
    /// None can be seen, but the word is spent.
    Unseen,
}

impl TornWord {
    pub(super) fn apply(self, wanted: &[u8], octets: &mut [u8]) {
        for (at, (octet, wanted)) in octets.iter_mut().zip(wanted).enumerate() {
            *octet &= match self {
                Self::NotBegun | Self::Unseen => 0xff,
                Self::Half => *wanted | 0xf0,
                Self::Garbage => *wanted | 0x5a_u8.rotate_left(at as u32 % 8),
                Self::Whole => *wanted,
            };
        }
    }
}
