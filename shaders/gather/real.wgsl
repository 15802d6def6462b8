// One number of 32 bits.
a[{{x}}u + i] = bitcast<f32>(word);
