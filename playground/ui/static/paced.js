/**
 * The newest result of a study: all that one which asks itself (core/analysis/paced.py) needs. Its
 * arrays bear the view's name in front: hardest_pictures.
 */

export class Paced {
  constructor(context, name) {
    this.context = context;
    this.name = name;
    this.version = 0;
    this.head = null; // of the newest result
    this.arrays = {};
    context.hub.option(name, { have: 0 });
  }

  /** @returns {boolean} whether there is a result that was not there at the last call */
  take(hub) {
    const told = hub.header.studies?.[this.name];
    this.problem = told?.problem ?? null;
    if (!told?.result || told.version === this.version) return false;
    this.version = told.version;
    this.head = { ...told.result, step: told.step, epoch: told.epoch };
    const mine = Object.entries(hub.arrays).filter(([key]) => key.startsWith(`${this.name}_`));
    this.arrays = Object.fromEntries(mine);
    hub.option(this.name, { have: told.version });
    return true;
  }

  /** What went wrong, in words; '' where nothing did. */
  said() {
    return this.problem ? this.context.text(`errors.${this.problem.code}`, this.problem.params) : '';
  }
}
