// Numbers that are the same for all parameters in a step of Adam: the bias corrections of the moments, and weight decay.
let t = f32(ctl[{{step}}] + 1u);
let lr = bitcast<f32>(ctl[{{lr}}]);
ctl[{{rate}}] = bitcast<u32>(lr / (1.0f - pow({{beta1}}f, t)));
ctl[{{scale}}] = bitcast<u32>(1.0f / sqrt(1.0f - pow({{beta2}}f, t)));
ctl[{{kept}}] = bitcast<u32>(1.0f - lr * {{decay}});
