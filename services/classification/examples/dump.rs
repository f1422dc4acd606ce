//! scratch
fn main() { let c = classification::Classifier::sample(); let t=std::time::Instant::now(); println!("{:?}", classification::offline::classify_jsonl(std::io::stdin().lock(), std::fs::File::create("/tmp/out.jsonl").map(std::io::BufWriter::new).expect("f"), &c)); println!("{:?}", t.elapsed()); }
