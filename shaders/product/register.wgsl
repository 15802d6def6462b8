// A tile of a product in registers: `i` counts the tiles, or the lanes of their quads. Each turn adds one outer product of
// rows of A and columns of B to the accumulators.
{{lanes}}
let tile_n = tile % {{columns}}u;
var rest = tile / {{columns}}u;
let tile_m = rest % {{rows}}u;
rest /= {{rows}}u;
{{batch}}
{{zeros}}
{{indices}}
for (var k = {{from}}; k < {{to}}; k++) {
    {{loads}}
    {{sums}}
}
{{stores}}
