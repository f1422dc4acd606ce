//! The model as a file: only what is not zero is written.

use super::{About, Heads, Model, ModelError};

/// First bytes of a model file.
const MAGIC: &[u8; 8] = b"GLMODEL4";

/// An answer's number is written as the way from the one before, in one byte; a longer way has stops of no weight.
const FARTHEST: usize = 255;

/// What is written: dense numbers become small ones here.
pub(crate) struct Dense<'a> {
    pub(crate) about: About,
    pub(crate) keys: &'a [u32],
    pub(crate) rarity: &'a [f32],
    /// Row by row, outputs together; signals first.
    pub(crate) weights: &'a [f32],
    pub(crate) bias: &'a [f32],
}

impl Dense<'_> {
    /// The file.
    pub(crate) fn write(&self) -> Result<Vec<u8>, ModelError> {
        let outputs = self.bias.len();
        let about = serde_json::to_vec(&self.about).map_err(|_| ModelError("its description can't be written"))?;
        let weights = self.with_rarity();
        let most = |o: usize| weights.iter().skip(o).step_by(outputs).fold(1e-6_f32, |most, w| most.max(w.abs()));
        let scale: Vec<f32> = (0..outputs).map(|o| most(o) / 127.0).collect();
        let mut file = Vec::from(MAGIC);
        let mut put = |n: usize| file.extend((n as u32).to_le_bytes());
        [about.len(), self.keys.len(), weights.len() / outputs, outputs].into_iter().for_each(&mut put);
        file.extend(about);
        self.keys.iter().for_each(|h| file.extend(h.to_le_bytes()));
        self.rarity.iter().chain(&scale).chain(self.bias).for_each(|f| file.extend(f.to_le_bytes()));
        for row in weights.chunks_exact(outputs) {
            let small = row.iter().enumerate().map(|(o, w)| (o, (w / scale[o]).round() as i8));
            let mut entries: Vec<[u8; 2]> = Vec::new();
            let mut last = 0;
            for (o, w) in small.filter(|&(_, w)| w.unsigned_abs() > 1) {
                let way = o - last;
                entries.extend(std::iter::repeat_n([FARTHEST as u8, 0], way / FARTHEST));
                entries.push([(way % FARTHEST) as u8, w as u8]);
                last = o;
            }
            file.extend((entries.len() as u16).to_le_bytes());
            file.extend(entries.concat());
        }
        Ok(file)
    }

    /// The weights of a gram with its rarity in them, so that nobody multiplies later.
    fn with_rarity(&self) -> Vec<f32> {
        let outputs = self.bias.len();
        let signals = self.weights.len() / outputs - self.rarity.len();
        let rows = self.weights.chunks_exact(outputs).enumerate();
        rows.flat_map(|(row, weights)| {
            let rarity = row.checked_sub(signals).map_or(1.0, |gram| self.rarity[gram]);
            weights.iter().map(move |w| w * rarity)
        })
        .collect()
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

    /// What is not written is zero.
    fn row(&mut self, outputs: usize) -> Result<Vec<i8>, ModelError> {
        let mut row = vec![0; outputs];
        let entries = 2 * usize::from(u16::from_le_bytes(self.array()?));
        let mut at = 0;
        for pair in self.take(entries)?.chunks_exact(2) {
            at += usize::from(pair[0]);
            *row.get_mut(at).ok_or(ModelError("an entry for no answer"))? = pair[1] as i8;
        }
        Ok(row)
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
            return Err(ModelError("not a model file of this version: train it again"));
        }
        let (about, keys, rows, outputs) = (file.count()?, file.count()?, file.count()?, file.count()?);
        let about: About = serde_json::from_slice(file.take(about)?).map_err(|_| ModelError("its description is wrong"))?;
        let heads = Heads::new(&about.categories, about.units.len());
        let signals = rows.checked_sub(keys).ok_or(ModelError("fewer rows than grams"))?;
        if heads.outputs() != outputs || signals != crate::features::signals(heads.categories) {
            return Err(ModelError("it does not fit its own description"));
        }
        let keys = (0..keys).map(|_| Ok(file.count()? as u32)).collect::<Result<Vec<_>, ModelError>>()?;
        let rarity = file.floats(keys.len())?;
        let (scale, bias) = (file.floats(outputs)?, file.floats(outputs)?);
        let weights = (0..rows).map(|_| file.row(outputs)).collect::<Result<Vec<_>, ModelError>>()?.concat();
        let together = together(&about, heads.categories)?;
        let rows = keys.iter().zip(signals as u32..).map(|(&key, row)| (key, row)).collect();
        Ok(Self { about, heads, rows, rarity, signals, weights, scale, bias, together })
    }
}

fn together(about: &About, categories: usize) -> Result<Vec<f32>, ModelError> {
    let mut together = vec![0.0; categories * categories];
    for &(main, further, n) in &about.together {
        if main >= categories || further >= categories {
            return Err(ModelError("it names a category that it does not have"));
        }
        together[main * categories + further] = n;
    }
    Ok(together)
}
