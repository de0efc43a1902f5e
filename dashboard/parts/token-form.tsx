// Asks for the operator token, and says where it is to be found.
import { useRef } from 'preact/hooks';
import { takeToken, tokenSaid } from '../data/operator.ts';
import { ActionForm, useAction, wordsOf } from './action.tsx';

export function TokenForm() {
  const field = useRef<HTMLInputElement>(null);
  const action = useAction();
  return (
    <ActionForm
      class="token-form"
      action={action}
      work={() => takeToken(field.current!.value)}
      button="Use it"
      said={wordsOf(action.problem) || tokenSaid.value}
    >
      <label for="token">Operator token</label>
      <input
        ref={field}
        id="token"
        type="password"
        autocomplete="off"
        aria-invalid={action.problem !== undefined}
        aria-describedby="token-where"
      />
      <p id="token-where" class="hint">
        Where <code>npm start</code> runs, it is <code>operatorToken</code> in <code>.tidemark/secrets.json</code>;
        elsewhere <code>TIDEMARK_OPERATOR_TOKEN</code> of serving. This tab keeps it until it is closed.
      </p>
    </ActionForm>
  );
}
