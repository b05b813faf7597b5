//! Flash whose driver wants buffers at addresses that are multiples of four.

use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

/// Octets that are copied at a time: a program page of most parts.
const PIECE: usize = 256;

/// A flash driver whose DMA wants word-aligned buffers, as one that takes any: what is read and written
/// passes through a buffer in here, unless it is aligned already.
#[derive(Debug)]
pub struct Aligned<F> {
    flash: F,
    piece: Piece,
}

#[derive(Debug)]
#[repr(align(4))]
struct Piece([u8; PIECE]);

impl<F> Aligned<F> {
    /// Around a driver that is given nothing but buffers in RAM at multiples of four.
    pub const fn new(flash: F) -> Self {
        Self { flash, piece: Piece([0; PIECE]) }
    }
}

fn is_aligned(octets: &[u8]) -> bool {
    octets.as_ptr().addr().is_multiple_of(4)
}

impl<F: ErrorType> ErrorType for Aligned<F> {
    type Error = F::Error;
}

impl<F: ReadNorFlash> ReadNorFlash for Aligned<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), F::Error> {
        if is_aligned(bytes) {
            return self.flash.read(offset, bytes).await;
        }
        for (number, octets) in bytes.chunks_mut(PIECE).enumerate() {
            let piece = &mut self.piece.0[..octets.len()];
            self.flash.read(offset + (number * PIECE) as u32, piece).await?;
            octets.copy_from_slice(piece);
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash> NorFlash for Aligned<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), F::Error> {
        self.flash.erase(from, to).await
    }

    /// Always copied: DMA does not reach constants, which lie in the program's flash.
    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), F::Error> {
        for (number, octets) in bytes.chunks(PIECE).enumerate() {
            let piece = &mut self.piece.0[..octets.len()];
            piece.copy_from_slice(octets);
            self.flash.write(offset + (number * PIECE) as u32, piece).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embassy_futures::block_on;
    use larder_tests::nor::Nor;

    /// A driver that panics as embassy-nrf's does.
    struct Strict(Nor<4, 4, 4096>);

    impl ErrorType for Strict {
        type Error = <Nor<4, 4, 4096> as ErrorType>::Error;
    }

    impl ReadNorFlash for Strict {
        const READ_SIZE: usize = 4;

        async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
            assert!(is_aligned(bytes));
            ReadNorFlash::read(&mut self.0, offset, bytes).await
        }

        fn capacity(&self) -> usize {
            ReadNorFlash::capacity(&self.0)
        }
    }

    impl NorFlash for Strict {
        const WRITE_SIZE: usize = 4;
        const ERASE_SIZE: usize = 4096;

        async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
            NorFlash::erase(&mut self.0, from, to).await
        }

        async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
            assert!(is_aligned(bytes));
            NorFlash::write(&mut self.0, offset, bytes).await
        }
    }

    #[test]
    fn buffers_may_lie_anywhere_and_be_longer_than_a_piece() {
        #[repr(align(4))]
        struct Octets([u8; 1028]);
        let octets = Octets(core::array::from_fn(|at| (at * 7 + at / 256) as u8));
        for shift in 0..4 {
            let mut flash = Aligned::new(Strict(Nor::new(1)));
            block_on(flash.write(8, &octets.0[shift..][..1024])).unwrap();
            let mut read = Octets([0; 1028]);
            block_on(flash.read(8, &mut read.0[3 - shift..][..1024])).unwrap();
            assert_eq!(read.0[3 - shift..][..1024], octets.0[shift..][..1024]);
        }
    }
}
