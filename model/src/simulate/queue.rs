//! A priority queue for times that never go back: a radix heap. What is taken out is at most as far in the future as
//! what was put in, so that an element moves at most once for each bit of its distance.

/// Elements by time, in nanoseconds.
#[derive(Debug)]
pub struct Queue<T> {
    /// The time of what was taken out last.
    now: u64,
    /// Bucket `i` holds times that differ from `now` first in bit `i - 1`; bucket 0 those that are `now`.
    buckets: Vec<Vec<(u64, T)>>,
    len: usize,
}

impl<T: Copy> Default for Queue<T> {
    fn default() -> Self {
        Queue { now: 0, buckets: (0..=64).map(|_| Vec::new()).collect(), len: 0 }
    }
}

impl<T: Copy> Queue<T> {
    fn bucket(&self, time: u64) -> usize {
        64 - (time ^ self.now).leading_zeros() as usize
    }

    /// Puts an element in; a time that has passed already is now.
    pub fn push(&mut self, time: u64, element: T) {
        let time = time.max(self.now);
        let bucket = self.bucket(time);
        self.buckets[bucket].push((time, element));
        self.len += 1;
    }

    /// Takes out one of the earliest.
    pub fn pop(&mut self) -> Option<(u64, T)> {
        if self.buckets[0].is_empty() {
            let i = self.buckets.iter().position(|b| !b.is_empty())?;
            let mut moved = std::mem::take(&mut self.buckets[i]);
            self.now = moved.iter().map(|e| e.0).min().unwrap_or(self.now);
            for (time, element) in moved.drain(..) {
                let to = self.bucket(time);
                self.buckets[to].push((time, element));
            }
            // Its memory is of use again.
            self.buckets[i] = moved;
        }
        self.len -= 1;
        self.buckets[0].pop()
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_in_order_of_time() {
        let mut queue = Queue::default();
        let mut x = 1u64;
        let mut out = Vec::new();
        for i in 0..10_000u32 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let now = out.last().map_or(0, |e: &(u64, u32)| e.0);
            queue.push(now + (x >> 40), i);
            if i % 3 == 0 {
                out.extend(queue.pop());
            }
        }
        while let Some(e) = queue.pop() {
            out.push(e);
        }
        assert!(queue.is_empty() && out.len() == 10_000);
        assert!(out.windows(2).all(|w| w[0].0 <= w[1].0));
    }
}
