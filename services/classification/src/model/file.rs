//! The model as a file: only what is not zero is written.

use super::{About, Heads, Model, ModelError};

/// First bytes of a model file.
const MAGIC: &[u8; 8] = b"GLMODEL1";

/// What is written: dense numbers become small ones here.
pub(crate) struct Dense<'a> {
    pub(crate) about: About,
    pub(crate) hashes: &'a [u32],
    pub(crate) rarity: &'a [f32],
    /// Row by row, outputs together.
    pub(crate) weights: &'a [f32],
    pub(crate) bias: &'a [f32],
}

impl Dense<'_> {
    /// The file.
    pub(crate) fn write(&self) -> Result<Vec<u8>, ModelError> {
        let outputs = self.bias.len();
        if outputs > 256 {
            return Err(ModelError("more than 256 answers"));
        }
        let about = serde_json::to_vec(&self.about).map_err(|_| ModelError("its description can't be written"))?;
        let scale: Vec<f32> = (0..outputs).map(|o| self.most(o) / 127.0).collect();
        let mut file = Vec::from(MAGIC);
        let mut put = |n: usize| file.extend((n as u32).to_le_bytes());
        [about.len(), self.hashes.len(), self.weights.len() / outputs, outputs].into_iter().for_each(&mut put);
        file.extend(about);
        self.hashes.iter().for_each(|h| file.extend(h.to_le_bytes()));
        self.rarity.iter().chain(&scale).chain(self.bias).for_each(|f| file.extend(f.to_le_bytes()));
        for row in self.weights.chunks_exact(outputs) {
            let small = |(o, w): (usize, &f32)| (o as u8, (w / scale[o]).round() as i8);
            let entries: Vec<_> = row.iter().enumerate().map(small).filter(|&(_, w)| w != 0).collect();
            file.extend((entries.len() as u16).to_le_bytes());
            entries.iter().for_each(|&(o, w)| file.extend([o, w as u8]));
        }
        Ok(file)
    }

    fn most(&self, output: usize) -> f32 {
        let column = self.weights.iter().skip(output).step_by(self.bias.len());
        column.fold(1e-6, |most, w| most.max(w.abs()))
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], ModelError> {
        let (head, rest) = self.0.split_at_checked(n).ok_or(ModelError("the file ends too early"))?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn count(&mut self) -> Result<usize, ModelError> {
        Ok(u32::from_le_bytes(self.array()?) as usize)
    }

    fn floats(&mut self, n: usize) -> Result<Vec<f32>, ModelError> {
        (0..n).map(|_| Ok(f32::from_le_bytes(self.array()?))).collect()
    }
}

impl Model {
    /// Reads a model file.
    pub(crate) fn read(file: &[u8]) -> Result<Self, ModelError> {
        let mut file = Reader(file);
        if file.take(MAGIC.len())? != MAGIC {
            return Err(ModelError("not a model file"));
        }
        let (about, hashes, rows, outputs) = (file.count()?, file.count()?, file.count()?, file.count()?);
        let about: About = serde_json::from_slice(file.take(about)?).map_err(|_| ModelError("its description is wrong"))?;
        let heads = Heads { categories: about.categories.len(), units: about.units.len() };
        let signals = rows.checked_sub(hashes).ok_or(ModelError("fewer rows than sequences"))?;
        if heads.outputs() != outputs || signals != crate::features::signals(heads.categories) {
            return Err(ModelError("it does not fit its own description"));
        }
        let hashes = (0..hashes).map(|_| Ok(file.count()? as u32)).collect::<Result<Vec<_>, ModelError>>()?;
        let rarity = file.floats(hashes.len())?;
        let (scale, bias) = (file.floats(outputs)?, file.floats(outputs)?);
        let index = hashes.iter().zip(signals as u32..).map(|(&h, row)| (h, row)).collect();
        let mut model =
            Self { about, heads, rows: index, rarity, ends: Vec::new(), outputs: Vec::new(), weights: Vec::new(), scale, bias };
        for _ in 0..rows {
            let n = u16::from_le_bytes(file.array()?);
            for pair in file.take(2 * usize::from(n))?.chunks_exact(2) {
                if usize::from(pair[0]) >= outputs {
                    return Err(ModelError("an entry for no answer"));
                }
                model.outputs.push(pair[0]);
                model.weights.push(pair[1] as i8);
            }
            model.ends.push(model.outputs.len() as u32);
        }
        Ok(model)
    }
}
